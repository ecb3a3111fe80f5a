# fish completion of patrolctl(1): patrolctl itself says what may come next.

function __patrolctl_offers
	set -l words (commandline -opc) (commandline -ct)
	set -l offers ($words[1] --complete $words[2..-1] 2>/dev/null)

	if string match -q -- 'FILES*' $offers[1]
		__fish_complete_path (commandline -ct)
	else
		# A line each: word, tab, help; as fish has them, too.
		printf '%s\n' $offers
	end
end

complete -c patrolctl -f -a '(__patrolctl_offers)'
