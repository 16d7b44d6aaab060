/* value.h - what an environment says, in a test. */
#ifndef TESTS_UNIT_VALUE_H
#define TESTS_UNIT_VALUE_H

/* Of the variable with this name, or NULL. */
const char *value(char **environment, const char *name);

#endif
