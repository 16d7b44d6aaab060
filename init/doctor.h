/*
 * doctor.h - baton doctor: what this container's runtime allows, tried out, and what comes of it.
 */
#ifndef INIT_DOCTOR_H
#define INIT_DOCTOR_H

/* argv[0] is "doctor". 0 when the tier is better than "shared", else EXIT_FAILED. */
int doctor_run(int argc, char *const argv[]);

#endif
