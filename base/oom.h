/*
 * oom.h - whom the kernel kills first when memory runs out (oom_score_adj in proc(5)).
 */
#ifndef BASE_OOM_H
#define BASE_OOM_H

/*
 * Add points to the score of this process, which its children inherit; the sum is cut to
 * -1000..1000. 0, or -1 with errno and the score as it was: EACCES when it would become less than
 * a process with CAP_SYS_RESOURCE last made it, ENOENT without a /proc. Both are normal answers.
 *
 * Before user_become(): that makes the process undumpable, and the file root's.
 */
int oom_score(int points);

#endif
