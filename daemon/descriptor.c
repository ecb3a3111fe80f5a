#include "daemon/descriptor.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FDS_MAX 4 /* the kernel closes those that have no room here */

/* All that came, so that none stays open. */
static unsigned
take_all(struct msghdr *m, int fd[FDS_MAX])
{
	struct cmsghdr *c;
	unsigned	n = 0, here;

	for (c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		here = (unsigned)((c->cmsg_len - CMSG_LEN(0)) / sizeof fd[0]);
		if (here > FDS_MAX - n)
			here = FDS_MAX - n;
		memcpy(fd + n, CMSG_DATA(c), here * sizeof fd[0]);
		n += here;
	}
	return n;
}

int
descriptor_receive(int sock)
{
	char	     byte;
	struct iovec iov = {&byte, 1};
	union {
		struct cmsghdr align;
		char	       space[CMSG_SPACE(FDS_MAX * sizeof(int))];
	} control;
	struct msghdr m = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof control};
	int	      fd[FDS_MAX];
	unsigned      n;

	if (recvmsg(sock, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 1)
		return -1;
	n = take_all(&m, fd);
	if (n == 1)
		return fd[0];
	while (n > 0)
		close(fd[--n]);
	return -1;
}
