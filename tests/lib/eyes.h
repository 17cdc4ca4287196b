/* SPDX-License-Identifier: MIT */
/*
 * How well eyes tell two colours apart: contrast by WCAG 2.2 (1.4.3 and its
 * definition of relative luminance), and distance in CIELAB (1976) as people
 * with protanopia, deuteranopia and tritanopia see them (Machado, Oliveira and
 * Fernandes 2009, severity 1.0).
 */
#ifndef GALLEY_TESTS_EYES_H
#define GALLEY_TESTS_EYES_H

#include <math.h>
#include <stdint.h>

#include "galley/ui/theme.h"

static inline double eyes_channel(int v)
{
	double c = v / 255.0;

	return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

struct eyes_rgb {
	double r, g, b; /* linear */
};

static inline struct eyes_rgb eyes_linear(uint32_t rgb)
{
	return (struct eyes_rgb){eyes_channel(rgb >> 16 & 255),
		eyes_channel(rgb >> 8 & 255), eyes_channel(rgb & 255)};
}

static inline double eyes_luminance(struct eyes_rgb c)
{
	return 0.2126 * c.r + 0.7152 * c.g + 0.0722 * c.b;
}

static inline double eyes_contrast(uint32_t a, uint32_t b)
{
	double x = eyes_luminance(eyes_linear(a));
	double y = eyes_luminance(eyes_linear(b));

	return x > y ? (x + 0.05) / (y + 0.05) : (y + 0.05) / (x + 0.05);
}

/* xterm's cube and greys; the first sixteen belong to the terminal. */
static inline uint32_t eyes_xterm(int i)
{
	static const int steps[] = {0, 95, 135, 175, 215, 255};

	if (i >= 232)
		return (uint32_t)(8 + (i - 232) * 10) * 0x10101;
	i -= 16;
	return (uint32_t)(steps[i / 36] << 16 | steps[i / 6 % 6] << 8 |
			  steps[i % 6]);
}

/* 0: the terminal's own palette decides. */
static inline int eyes_colour(int32_t c, uint32_t by_default, uint32_t *out)
{
	if (c == COLOR_DEFAULT)
		*out = by_default;
	else if (c & COLOR_RGB)
		*out = (uint32_t)c & 0xffffff;
	else if (c >= 16)
		*out = eyes_xterm(c);
	else
		return 0;
	return 1;
}

/* Ink and paper of a look, turned round where it is reversed. 0: unknown. */
static inline int eyes_look(struct look l, uint32_t text, uint32_t paper,
	uint32_t *ink, uint32_t *on)
{
	uint32_t swap;

	if (!eyes_colour(l.fg, text, ink) || !eyes_colour(l.bg, paper, on))
		return 0;
	if (l.attrs & LOOK_REVERSE) {
		swap = *ink;
		*ink = *on;
		*on = swap;
	}
	return 1;
}

enum eyes { EYES_ALL, EYES_PROTAN, EYES_DEUTAN, EYES_TRITAN, EYES_COUNT };

static inline struct eyes_rgb eyes_see(enum eyes e, struct eyes_rgb c)
{
	static const double m[EYES_COUNT][9] = {
		{1, 0, 0, 0, 1, 0, 0, 0, 1},
		{0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216,
			-0.003882, -0.048116, 1.051998},
		{0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413,
			-0.011820, 0.042940, 0.968881},
		{1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602,
			0.004733, 0.691367, 0.303900},
	};
	const double *v = m[e];

	return (struct eyes_rgb){fmax(0, v[0] * c.r + v[1] * c.g + v[2] * c.b),
		fmax(0, v[3] * c.r + v[4] * c.g + v[5] * c.b),
		fmax(0, v[6] * c.r + v[7] * c.g + v[8] * c.b)};
}

static inline double eyes_f(double t)
{
	return t > 216.0 / 24389 ? cbrt(t) : (24389.0 / 27 * t + 16) / 116;
}

/* 2.3 is just noticed, 10 is seen at a glance. */
static inline double eyes_distance(enum eyes e, uint32_t a, uint32_t b)
{
	struct eyes_rgb c[2] = {
		eyes_see(e, eyes_linear(a)), eyes_see(e, eyes_linear(b))};
	double l[2], p[2], q[2];

	for (int i = 0; i < 2; i++) {
		double x = eyes_f(
			(0.4124 * c[i].r + 0.3576 * c[i].g + 0.1805 * c[i].b) /
			0.9505);
		double y = eyes_f(eyes_luminance(c[i]));
		double z = eyes_f(
			(0.0193 * c[i].r + 0.1192 * c[i].g + 0.9505 * c[i].b) /
			1.0890);

		l[i] = 116 * y - 16;
		p[i] = 500 * (x - y);
		q[i] = 200 * (y - z);
	}
	return sqrt((l[0] - l[1]) * (l[0] - l[1]) +
		    (p[0] - p[1]) * (p[0] - p[1]) +
		    (q[0] - q[1]) * (q[0] - q[1]));
}

#endif
