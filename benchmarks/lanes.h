/* Arithmetic over lanes: one vector holds the same number of LANES runs.
 *
 * Vectors of gcc, cut into what the machine has. The polynomials are good to a few units in the
 * last place of single precision over the ranges that the month uses.
 */
typedef float V __attribute__((vector_size(4 * LANES)));
typedef int I __attribute__((vector_size(4 * LANES)));
typedef float Unaligned __attribute__((vector_size(4 * LANES), aligned(4)));

#define INLINE static inline __attribute__((always_inline))
#define EACH for (int l = 0; l < LANES; l++)

INLINE V splat(float x) { return x - (V){0}; }
INLINE V load(const float *from) { return *(const Unaligned *)from; }
INLINE V where(I mask, V a) { return (V)((I)a & mask); }
INLINE V pick(I mask, V a, V b) { return (V)(((I)a & mask) | ((I)b & ~mask)); }

INLINE V least(V a, V b) {
    V r;
    EACH r[l] = a[l] < b[l] ? a[l] : b[l];
    return r;
}
INLINE V most(V a, V b) {
    V r;
    EACH r[l] = a[l] > b[l] ? a[l] : b[l];
    return r;
}
INLINE V clip(V x, float low, float high) { return least(most(x, splat(low)), splat(high)); }
INLINE V root(V x) {
    V r;
    EACH r[l] = __builtin_sqrtf(x[l]);
    return r;
}
INLINE V positive(V x) { return most(x, splat(0)); }
INLINE V size(V x) { return most(x, -x); }

/* Cephes logf; positive normal numbers. */
INLINE V logarithm(V x) {
    I bits = (I)x, exponent = (bits - 0x3f3504f3) >> 23;
    V f = (V)(bits - (exponent << 23)) - 1, power = __builtin_convertvector(exponent, V), s = f * f;
    V r = 7.0376836292e-2f * f - 1.1514610310e-1f;
    r = r * f + 1.1676998740e-1f;
    r = r * f - 1.2420140846e-1f;
    r = r * f + 1.4249322787e-1f;
    r = r * f - 1.6668057665e-1f;
    r = r * f + 2.0000714765e-1f;
    r = r * f - 2.4999993993e-1f;
    r = r * f + 3.3333331174e-1f;
    return f - 0.5f * s + r * f * s + 0.69314718056f * power;
}

/* Cephes expf; -87 to 88. */
INLINE V exponential(V x) {
    V scaled = clip(x, -87, 88) * 1.44269504089f;
    I whole = __builtin_convertvector(scaled + pick(scaled < 0, splat(-0.5f), splat(0.5f)), I);
    V f = clip(x, -87, 88) - __builtin_convertvector(whole, V) * 0.693359375f;
    f += __builtin_convertvector(whole, V) * 2.12194440e-4f;
    V r = 1.9875691500e-4f * f + 1.3981999507e-3f;
    r = r * f + 8.3334519073e-3f;
    r = r * f + 4.1665795894e-2f;
    r = r * f + 1.6666665459e-1f;
    r = r * f + 5.0000001201e-1f;
    r = r * f * f + f + 1;
    return r * (V)((whole + 127) << 23);
}

/* The rational approximation of Eigen's ptanh; -7.9 to 7.9. */
INLINE V tangent(V x) {
    V s = x * x;
    V over = -2.76076847742355e-16f * s + 2.00018790482477e-13f;
    over = over * s - 8.60467152213735e-11f;
    over = over * s + 5.12229709037114e-08f;
    over = over * s + 1.48572235717979e-05f;
    over = over * s + 6.37261928875436e-04f;
    over = over * s + 4.89352455891786e-03f;
    V under = 1.19825839466702e-06f * s + 1.18534705686654e-04f;
    under = under * s + 2.26843463243900e-03f;
    under = under * s + 4.89352518554385e-03f;
    return x * over / under;
}

/* Standard logistic and normal draws from uniform ones. */
INLINE V logit(V u) { return logarithm(u / (1 - u)); }

/* Wichura (1988), algorithm AS 241, Applied Statistics 37:477-484, PPND7. */
INLINE V normal(V u) {
    V q = u - 0.5f, s = 0.180625f - q * q;
    V over = ((59.109374720f * s + 159.29113202f) * s + 50.434271938f) * s + 3.3871327179f;
    V under = ((67.187563600f * s + 78.757757664f) * s + 17.895169469f) * s + 1;
    V inner = q * over / under;
    V t = root(-logarithm(least(u, 1 - u))) - 1.6f;
    over = ((0.17023821103f * t + 1.3067284816f) * t + 2.7568153900f) * t + 1.4234372777f;
    under = (0.12021132975f * t + 0.73700164250f) * t + 1;
    V tail = over / under;
    return pick(size(q) <= 0.425f, inner, pick(q < 0, -tail, tail));
}

/* The responses of drivers. */
INLINE V saturating(V x, float half) {
    V s = positive(x);
    return (1 + half) * s / (s + half);
}
INLINE V threshold(V x, float at, float width) {
    return 1 / (1 + exponential(clip((at - x) / width, -80, 80)));
}
INLINE V hump(V x, float peak, float width) {
    V z = (x - peak) / width;
    return exponential(-0.5f * z * z);
}
