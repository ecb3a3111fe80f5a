#!/bin/sh
# Brings what patrol is built and tested with, from the distribution's packages.
#
#   deps.sh build   what `make` needs
#   deps.sh check   that, and what `make check` and `make run` need
#   deps.sh fuzz    what `make` needs, and `make fuzz`
#   deps.sh bench   what `make` needs, and `make bench`
#
# What is there already is left alone: then nothing is installed, nobody is
# asked for a password and apt is not called.  Only libraries, compilers and
# plain tools are installed; a package that would bring a system service is
# refused.  The programs whose packages have or need one (docker-registry,
# rsyslog, nginx, promtool, fish, the docker client, skopeo on Debian 13) are not
# installed at all: they are unpacked aside, under build/aside, where no service
# of this machine notices them.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
aside=$top/build/aside
tmp=
trap 'test -z "$tmp" || rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

say() { echo "deps: $*"; }
die() { echo "deps: $*" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

# --- what is needed, and how to tell that it is there ---------------------

lack=	# packages whose probe failed

# need PACKAGE PROBE...: the package, unless the probe succeeds.
need() {
	package=$1
	shift
	"$@" >/dev/null 2>&1 || lack="$lack $package"
}

compiles() { echo "#include <$2>" | "$1" -x "$3" -E - ; }
module() { pkg-config --exists "$@"; }
imports() {
	for python in /usr/bin/python3 python3; do
		"$python" -c "import $1" && return
	done
	return 1
}

need_build() {
	need build-essential compiles cc stdio.h c
	case $lack in
	*build-essential*) ;;
	*) need build-essential compiles c++ string c++ ;;
	esac
	need pkg-config has pkg-config
	need libevent-dev module libevent_core libevent_extra \
	    libevent_openssl libevent_pthreads
	need libyaml-dev module yaml-0.1
	need libsqlite3-dev module sqlite3
	need libssl-dev module libssl libcrypto
	need libxxhash-dev module libxxhash
	need libsimdjson-dev module simdjson
	need libre2-dev module re2
	need zlib1g-dev module zlib
}

# Clang alone does not bring the fuzzer's and the sanitizers' libraries.
links_fuzzer() {
	out=$(mktemp) || return
	echo 'int LLVMFuzzerTestOneInput(void); int LLVMFuzzerTestOneInput(void)' \
	    '{ return 0; }' |
	    clang -fsanitize=fuzzer,address -x c -o "$out" - -lstdc++
	status=$?
	rm -f "$out"
	return $status
}

need_fuzz() {
	need clang has clang
	need libclang-rt-dev links_fuzzer
}

# A floor of the token endpoint is OpenSSL's own program.
need_bench() {
	need openssl has openssl
}

need_check() {
	need libcmocka-dev module cmocka
	need python3-pytest imports pytest
	need python3-yaml imports yaml
	need socat has socat
	need curl has curl
	need sqlite3 has sqlite3
	need openssl has openssl
	need util-linux has setpriv
	need zsh has zsh
}

# --- apt ------------------------------------------------------------------

# Runs a command as root, saying what it is when a password may be asked.
as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif has sudo; then
		say "needs root for: $*"
		sudo "$@"
	else
		die "this needs root, and there is no sudo: $*"
	fi
}

lists_are_there() {
	for f in /var/lib/apt/lists/*_Packages*; do
		[ -e "$f" ] && return
	done
	return 1
}

update() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -q update; }

# Downloads as root, not as apt's own user: that one may not enter our folder.
apt_install() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
	    --no-install-recommends -o Dir::Cache::archives="$tmp/archives" \
	    -o APT::Sandbox::User=root "$@"
}

# None of what we name has a system service; should a dependency bring one,
# it is found here, in the downloaded files, before anything is unpacked.
refuse_services() {
	for deb in "$tmp"/archives/*.deb; do
		[ -e "$deb" ] || continue
		if dpkg-deb -c "$deb" | awk '{ print $6 }' | grep -Eq \
		    '/systemd/system/.*\.(service|socket|timer)$|/init\.d/.'
		then
			die "$(basename "$deb") has a system service," \
			    "which is not ours to start: install it yourself"
		fi
	done
}

install_lacking() {
	[ -n "$lack" ] || return 0
	has apt-get || die "no apt-get here. Please install what Debian" \
	    "calls:$lack"
	[ "$(id -u)" = 0 ] || has sudo || die "this needs root, and there is" \
	    "no sudo. As root: apt-get install$lack"
	say "installing$lack"
	lists_are_there || update
	mkdir -p "$tmp/archives/partial"
	# Lists can be older than the archive: then once more with new ones.
	apt_install --download-only install $lack || {
		update
		apt_install --download-only install $lack
	}
	refuse_services
	apt_install --no-download install $lack
}

# --- unpacked aside -------------------------------------------------------

# The packages a program runs with: itself, and of all that it depends on
# the libraries that are not installed.  Resolved as if nothing were
# installed, so that what is installed (another syslog, say) cannot conflict.
closure() {
	apt-get install -s --no-install-recommends \
	    -o Dir::State::status=/dev/null -o Debug::NoLocking=1 "$1" |
	    awk '$1 == "Inst" { print $2 }' |
	    while read -r p; do
		case $p in
		"$1") echo "$p" ;;
		lib*) dpkg-query -W -f '${db:Status-Status}\n' "$p" \
		    2>/dev/null | grep -qx installed || echo "$p" ;;
		esac
	    done
}

# unpack PACKAGE...: their files into the new folder.
unpack() {
	mkdir -p "$tmp/debs" "$tmp/aside"
	rm -f "$tmp"/debs/*.deb
	(cd "$tmp/debs" &&
	    apt-get -q -o APT::Sandbox::User=root download "$@") || return
	for deb in "$tmp"/debs/*.deb; do
		dpkg-deb -x "$deb" "$tmp/aside" || return
	done
}

# wrap NAME PATH [OPTION...]: bin/NAME runs the program with the libraries
# that were unpacked with it.
wrap() {
	name=$1
	path=$2
	shift 2
	cat >"$tmp/aside/bin/$name" <<-WRAP
	#!/bin/sh
	# $name as unpacked, with its own libraries.
	aside=\$(cd "\$(dirname "\$0")/.." && pwd)
	lib=\$aside/usr/lib/$triplet
	LD_LIBRARY_PATH=\$lib:\$aside/lib/$triplet \\
	    exec "\$aside/$path" $* "\$@"
	WRAP
	chmod 755 "$tmp/aside/bin/$name"
}

client_package() {
	if apt-cache show docker-cli >/dev/null 2>&1; then
		echo docker-cli
	else
		echo docker.io
	fi
}

# A package of its own since Debian 13.
promtool_package() {
	if apt-cache show promtool >/dev/null 2>&1; then
		echo promtool
	else
		echo prometheus
	fi
}

# The docker package is unpacked for its client alone, and prometheus for
# promtool; both need libc only.
unpack_all() {
	packages=$(closure rsyslog; closure skopeo; closure nginx
	    closure fish)
	case $packages in
	*rsyslog*skopeo*nginx*fish*) ;;
	*) return 1 ;;		# no lists, or old ones
	esac
	unpack docker-registry $packages fish-common "$(client_package)" \
	    "$(promtool_package)"
}

# What an older checkout unpacked may lack a program.
is_complete() {
	[ -e "$aside/complete" ] && [ -e "$aside/bin/promtool" ] &&
	    [ -e "$aside/bin/nginx" ] && [ -e "$aside/bin/fish" ]
}

unpack_aside() {
	is_complete && return
	if ! has apt-get || ! has dpkg-deb; then
		has docker-registry && has rsyslogd && has skopeo &&
		    has nginx && has promtool && has fish && return
		die "no apt-get here. Please install what Debian calls:" \
		    "docker-registry rsyslog skopeo nginx docker-cli" \
		    "prometheus fish" \
		    "(and start none)"
	fi
	say "unpacking docker-registry, rsyslog, skopeo, nginx, promtool, fish" \
	    "and the docker client under build/aside (they are not installed)"
	lists_are_there || update
	unpack_all || {
		update
		rm -rf "$tmp/aside"
		unpack_all || die "cannot unpack them"
	}
	triplet=$(basename "$(dirname "$(find "$tmp/aside/usr/lib" \
	    -type d -name rsyslog)")")
	mkdir -p "$tmp/aside/bin"
	wrap rsyslogd usr/sbin/rsyslogd -M '"$lib/rsyslog"'
	wrap skopeo usr/bin/skopeo
	wrap nginx usr/sbin/nginx
	wrap fish usr/bin/fish
	rm -f "$tmp/aside/usr/sbin/dockerd" "$tmp/aside/usr/bin/prometheus"
	ln -s ../usr/bin/docker-registry "$tmp/aside/bin/docker-registry"
	ln -s ../usr/bin/docker "$tmp/aside/bin/docker"
	ln -s ../usr/bin/promtool "$tmp/aside/bin/promtool"
	complete
}

# Everything starts with the libraries found?  Then it is put in its place.
complete() {
	lib=$tmp/aside/usr/lib/$triplet
	if LD_LIBRARY_PATH=$lib:$tmp/aside/lib/$triplet \
	    ldd "$tmp/aside/usr/sbin/rsyslogd" "$lib/rsyslog/imuxsock.so" \
	    "$tmp/aside/usr/bin/skopeo" "$tmp/aside/usr/sbin/nginx" \
	    "$tmp/aside/usr/bin/docker-registry" \
	    "$tmp/aside/usr/bin/fish" \
	    "$tmp/aside/usr/bin/docker" "$tmp/aside/usr/bin/promtool" 2>&1 |
	    grep -E 'not found|No such file'; then
		die "a program or a library of what was unpacked is missing"
	fi
	touch "$tmp/aside/complete"
	rm -rf "$aside"
	mkdir -p "$top/build"
	mv "$tmp/aside" "$aside"
}

# --------------------------------------------------------------------------

case ${1-} in
build)
	need_build
	;;
check)
	need_build
	need_check
	;;
fuzz)
	need_build
	need_fuzz
	;;
bench)
	need_build
	need_bench
	;;
*)
	echo "usage: deps.sh build|check|fuzz|bench" >&2
	exit 2
	;;
esac

if [ -n "$lack" ] || { [ "$1" = check ] && ! is_complete; }; then
	mkdir -p "$top/build"
	tmp=$(mktemp -d "$top/build/deps.XXXXXX")
	install_lacking
	if [ "$1" = check ]; then
		unpack_aside
	fi
fi
