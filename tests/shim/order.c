/*
 * order - what the loop of a program hashes before it answers, and after.
 *
 * An LD_PRELOAD library for the tests.  Of the first thread it writes one
 * letter each to the file that ORDER_LOG names: R when it has read from a
 * socket of the Internet, W when it has written to one, S for each SHA-256, H
 * for each HMAC.  So a test can tell whether two requests cost the same work
 * before their answers, without a clock.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define SHOWN __attribute__((visibility("default")))

static int log_fd = -1;

__attribute__((constructor)) static void
begin(void)
{
	const char *path = getenv("ORDER_LOG");

	if (path != NULL)
		log_fd =
		    open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void
note(char what)
{
	if (log_fd != -1 && syscall(SYS_gettid) == getpid())
		(void)!syscall(SYS_write, log_fd, &what, 1);
}

static int
is_internet(int fd)
{
	struct sockaddr_storage ss;
	socklen_t		n = sizeof ss;

	return getsockname(fd, (struct sockaddr *)&ss, &n) == 0 &&
	    (ss.ss_family == AF_INET || ss.ss_family == AF_INET6);
}

SHOWN ssize_t
readv(int fd, const struct iovec *iov, int n)
{
	ssize_t r = syscall(SYS_readv, fd, iov, n);

	if (r > 0 && is_internet(fd))
		note('R');
	return r;
}

SHOWN ssize_t
writev(int fd, const struct iovec *iov, int n)
{
	ssize_t r = syscall(SYS_writev, fd, iov, n);

	if (r > 0 && is_internet(fd))
		note('W');
	return r;
}

/* Not by the function of the same name, which is this one. */
SHOWN unsigned char *
SHA256(const unsigned char *d, size_t n, unsigned char *out)
{
	note('S');
	return EVP_Digest(d, n, out, NULL, EVP_sha256(), NULL) == 1 ? out :
								      NULL;
}

SHOWN unsigned char *
HMAC(const EVP_MD *md, const void *key, int nkey, const unsigned char *d,
    size_t n, unsigned char *out, unsigned int *nout)
{
	static unsigned char *(*real)(const EVP_MD *, const void *, int,
	    const unsigned char *, size_t, unsigned char *, unsigned int *);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "HMAC");
	note('H');
	return real(md, key, nkey, d, n, out, nout);
}
