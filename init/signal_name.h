/* signal_name.h - signals by the names people know them by. */
#ifndef INIT_SIGNAL_NAME_H
#define INIT_SIGNAL_NAME_H

/* "TERM", "SIGTERM", "15", "RTMIN+3", "RTMAX-1", in any case; -1 when there is no such signal. */
int signal_number(const char *text);

#endif
