/* The month of alliance_sim in C: the limit that the engine is measured against.
 *
 * All runs are cut into tiles of LANES runs. A tile is one flat array of vectors, in which a run
 * is a lane, and stays in the second-level cache from month to month. The names of its places
 * (y(e), coop(x), ...) are macros of "world.h", which also says what is the same in all runs and
 * is then one number for all tiles; "forces.h" holds drivers, arenas and choices of the scenario
 * as straight-line code. Both are written by kernel.py.
 *
 * p is a pair of actors i < j with a tie; e is one of its sides, 2p for i towards j and 2p + 1
 * for j towards i. Without a tie nothing moves, so only ties are gone through.
 */
#include "world.h"
#include "lanes.h"

#define Y_LIMIT 6.0f
#define AHEAD 16

/* What several mechanisms sum over third parties k, each actor i towards each other j:
 * mixed  = sum A_ik V_jk + max(A_ik, 0) Q_jk   structural balance; reputation and hedging
 * feuds  = sum max(A_ik, 0) H_jk               entrapment
 * common = sum R_ik R_jk                       common threat, one side of the diagonal
 * with A alignment, V = A_kj, Q = trust and coercion of k towards j and H = hostility of j
 * towards k, all weighted, and R the root of threat. Two rows and COLUMNS columns at a time
 * stay in registers. */
#define COLUMNS 7

INLINE void block_of_sums(V *t, const int rows, const int columns, int i, int j) {
    V sum[2][COLUMNS], quarrel[2][COLUMNS];
#pragma GCC unroll 2
    for (int a = 0; a < rows; a++)
#pragma GCC unroll 7
        for (int b = 0; b < columns; b++) sum[a][b] = quarrel[a][b] = splat(0);
    for (int k = 0; k < N; k++) {
        V own[2], regard[2];
#pragma GCC unroll 2
        for (int a = 0; a < rows; a++) {
            own[a] = square_a(i + a, k);
            regard[a] = positive(own[a]);
        }
#pragma GCC unroll 7
        for (int b = 0; b < columns; b++)
#pragma GCC unroll 2
            for (int a = 0; a < rows; a++) {
                sum[a][b] += own[a] * square_v(j + b, k);
                sum[a][b] += regard[a] * square_q(j + b, k);
            }
    }
#pragma GCC unroll 2
    for (int a = 0; a < rows; a++)
#pragma GCC unroll 7
        for (int b = 0; b < columns; b++) mixed(i + a, j + b) = sum[a][b];
    for (int k = 0; k < N; k++) {
        V regard[2];
#pragma GCC unroll 2
        for (int a = 0; a < rows; a++) regard[a] = positive(square_a(i + a, k));
#pragma GCC unroll 7
        for (int b = 0; b < columns; b++)
#pragma GCC unroll 2
            for (int a = 0; a < rows; a++) quarrel[a][b] += regard[a] * square_h(j + b, k);
    }
#pragma GCC unroll 2
    for (int a = 0; a < rows; a++)
#pragma GCC unroll 7
        for (int b = 0; b < columns; b++) feuds(i + a, j + b) = quarrel[a][b];
    if (j + columns <= i + 1) return;
#pragma GCC unroll 2
    for (int a = 0; a < rows; a++)
#pragma GCC unroll 7
        for (int b = 0; b < columns; b++) sum[a][b] = splat(0);
    for (int k = 0; k < N; k++) {
        V own[2];
#pragma GCC unroll 2
        for (int a = 0; a < rows; a++) own[a] = square_r(i + a, k);
#pragma GCC unroll 7
        for (int b = 0; b < columns; b++)
#pragma GCC unroll 2
            for (int a = 0; a < rows; a++) sum[a][b] += own[a] * square_r(j + b, k);
    }
#pragma GCC unroll 2
    for (int a = 0; a < rows; a++)
#pragma GCC unroll 7
        for (int b = 0; b < columns; b++) common(i + a, j + b) = sum[a][b];
}

INLINE void columns_of_sums(V *t, const int rows, int i) {
    int j = 0;
    for (; j + COLUMNS <= N; j += COLUMNS) block_of_sums(t, rows, COLUMNS, i, j);
    if (N % COLUMNS) block_of_sums(t, rows, N % COLUMNS, i, j);
}

__attribute__((noinline)) static void third_parties(V *t) {
    int i = 0;
    for (; i + 2 <= N; i += 2) columns_of_sums(t, 2, i);
    if (N % 2) columns_of_sums(t, 1, i);
}

#include "forces.h"

/* What follows from the relation of i to j: the arrays that sums over third parties read, and
 * what j's pressure adds to the threat that i feels and to its isolation. */
typedef struct {
    V align, coercion, threat;
} Side;

INLINE Side relation(V *t, const float *w, int e) {
    Side s;
    s.align = tangent(y(e));
    V band_ = band(e), pressed = pressure(e);
    s.coercion = clip(policy(e) + (pressed - most(least(pressed, band_), -band_)), 0, 1);
    return s;
}

INLINE void seen(V *t, const float *w, int e, int i, int j, Side s) {
    V hostility = positive(-s.align);
    align(e) = s.align;
    coercion(e) = s.coercion;
    threat(e) = s.threat;
    square_a(i, j) = s.align;
    square_v(j, i) = m_structural_balance * weight(i) * s.align;
    square_q(j, i) = weight(i) * (m_reputation * (trust(e) - 0.5f) - m_hedging * s.coercion);
    square_h(i, j) = weight(j) * hostility;
    square_r(i, j) = root(s.threat);
}

/* Both sides of a pair seen anew; fear and shut add up what threatens and what isolates. */
INLINE void observe_pair(V *t, const float *w, int p, int i, int j, V *fear, V *open) {
    Side f = relation(t, w, 2 * p), b = relation(t, w, 2 * p + 1);
    f.threat = menace(2 * p) * (positive(-b.align) + b.coercion);
    b.threat = menace(2 * p + 1) * (positive(-f.align) + f.coercion);
    seen(t, w, 2 * p, i, j, f);
    seen(t, w, 2 * p + 1, j, i, b);
    fear[i] += f.threat;
    fear[j] += b.threat;
    open[i] *= 1 - clout(j) * b.coercion;
    open[j] *= 1 - clout(i) * f.coercion;
    commitment(p) = least(depth(p) + agreed(p), splat(1));
}

INLINE void observed(V *t, const V *fear, const V *open) {
    for (int i = 0; i < N; i++) {
        exposed(i) = fear[i];
        isolation(i) = 1 - open[i];
    }
}

INLINE void afresh(V *fear, V *open) {
    for (int i = 0; i < N; i++) fear[i] = splat(0), open[i] = splat(1);
}

/* Utility of a closer posture of i to j; shared is what counts for both sides alike. */
INLINE V utility(V *t, const float *w, int e, int i, int j, V shared, V tie) {
    V out = lean(e) + persistence * (y(e) - anchor(e)) + shared;
    out += scale(e) * (mixed(i, j) - m_entrapment * tie * feuds(i, j));
    out += m_abandonment * tie * (1 - trust(e)) * positive(exposed(i) - threat(e));
    out += m_reputation * (trust(e) - 0.5f) - m_direct_threat * threat(e);
    return out + m_dependence * isolation(i) * clout(j) * (1 - coercion(e ^ 1));
}

/* Acts, as departures from what is expected at the base date. */
typedef struct {
    V flow, coerces, commits;
} Deeds;

INLINE Deeds decide(V *t, const float *w, int e, int i, V utility_, V noise) {
    V latent = utility_ + temperature(i) * noise;
    Deeds d;
    d.flow = IMPACT_0 - e_impact(e);
    d.flow += where(latent > CUT_0, splat(IMPACT_1 - IMPACT_0));
    d.flow += where(latent > CUT_1, splat(IMPACT_2 - IMPACT_1));
    d.flow += where(latent > CUT_2, splat(IMPACT_3 - IMPACT_2));
    d.flow += where(latent > CUT_3, splat(IMPACT_4 - IMPACT_3));
    d.coerces = where(latent <= CUT_0, splat(1)) - e_coerces(e);
    d.commits = where(latent > CUT_3, splat(1)) - e_commits(e);
    return d;
}

INLINE I revises(V gap, V mood, V slack, float rise, float fall) {
    V up = positive((rise - mood) * slack), down = -positive((mood - fall) * slack);
    return (gap > up) | (gap < down);
}

/* What belongs to i moves: alignment, trust, pressure. */
INLINE void act(V *t, const float *w, int e, Deeds own, Deeds other, V noise, int breached) {
    V at = y(e), held = anchor(e), slack = slack_of_gaps;
    V moved = at + responsiveness * (own_share * own.flow + (1 - own_share) * other.flow);
    y(e) = clip(moved - reversion * (at - held), -Y_LIMIT, Y_LIMIT);
    held += anchor_adaptation * (at - held) - anchor_return * (held - base(e));
    anchor(e) = clip(held, -Y_LIMIT, Y_LIMIT);

    V believed = trust(e), gap = level(e) - believed;
    V change = trust_rise * positive(other.flow) * (1 - believed)
        - trust_fall * positive(-other.flow) * believed - base_trust_change(e);
    gap = where(revises(gap, noise, slack, RISE_1, FALL_1), gap);
    believed = clip(believed + change + trust_rate * gap, 0, 1);
    if (breached) {
        V loss = -wronged(e) * believed;
        I now = revises(loss, noise, slack, RISE_1, FALL_1);
        believed += where(now, loss);
        wronged(e) = where(~now, wronged(e));
    }
    trust(e) = believed;
    pressure(e) = clip(
        (1 - coercion_decay) * pressure(e) + coercion_response * own.coerces, -1, 1);
}

INLINE void exchange(V *t, const float *w, int p, int i, int j, V mood, const int slot) {
    V change = 0.5f * (align(2 * p) + align(2 * p + 1)) - base_mutual(p);
    V shut = isolation(i) + isolation(j) - isolation(i) * isolation(j), slack = slack_of_gaps;
    V up = positive((RISE_2 - mood) * slack), down = -positive((mood - FALL_2) * slack);
    for (int d = 0; d < D; d++) {
        V wanted = coop0(p * D + d) + elasticity(d) * change, open = channel(p * D + d);
        if (slot >= 0) {
            wanted += desire(slot * D + d);
            open = clip(open + capacity(slot * D + d), 0, 1);
        }
        open *= (1 - exposure(d) * shut) * per_capacity(p * D + d);
        V gap = clip(wanted * open, 0, 1) - coop(p * D + d);
        coop(p * D + d) += exchange_rate(d) * where((gap > up) | (gap < down), gap);
    }
}

__attribute__((noinline)) static void pairs(
    V *t, const float *w, const float *uniforms, long runs, int breached) {
    V fear[N], open[N];
    afresh(fear, open);
    for (int p = 0; p < P; p++) {
        const int i = FIRST[p], j = SECOND[p], f = 2 * p, b = f + 1;
        // The draws of a tile lie a row of runs apart, where no machine looks ahead by itself.
        __builtin_prefetch(uniforms + (f + AHEAD) * runs);
        __builtin_prefetch(uniforms + (b + AHEAD) * runs);
        V noise = logit(load(uniforms + f * runs)), other = logit(load(uniforms + b * runs));
        V tie = commitment(p);
        V shared = m_common_threat * common(i, j) + m_issue_agreement * issue(p)
            + m_commitment * tie;
        Deeds own = decide(t, w, f, i, utility(t, w, f, i, j, shared, tie), noise);
        Deeds back = decide(t, w, b, j, utility(t, w, b, j, i, shared, tie), other);
        exchange(t, w, p, i, j, least(noise, other), SLOT[p]);
        act(t, w, f, own, back, noise, breached && BREAKABLE[f]);
        act(t, w, b, back, own, other, breached && BREAKABLE[b]);
        V lapsed = commitment_decay * (depth(p) - depth0(p));
        depth(p) = clip(
            depth(p) + commitment_response * 0.5f * (own.commits + back.commits) - lapsed, 0, 1);
        observe_pair(t, w, p, i, j, fear, open);
    }
    observed(t, fear, open);
}

/* Everything that follows from state and circumstances, when these have changed. */
void observe(V *tiles, long count, const float *w) {
    for (long tile = 0; tile < count; tile++) {
        V *t = tiles + tile * PLACES, fear[N], open[N];
        afresh(fear, open);
        for (int e = 0; e < 2 * P; e++) lean(e) = fixed(e) + m_government * orientation(e);
        for (int p = 0; p < P; p++) observe_pair(t, w, p, FIRST[p], SECOND[p], fear, open);
        observed(t, fear, open);
    }
}

/* Readings of drivers and of inputs of arenas, which are those of the base date if taken then. */
void read_base(V *tiles, long count, const float *w) {
    for (long tile = 0; tile < count; tile++) {
        V *t = tiles + tile * PLACES;
        third_parties(t);
        forces(t, w, 1);
    }
}

/* So many months of all tiles. Uniform draws are (month, name, run); moved says that the means
 * of arenas were moved from outside at the beginning of the first month. */
void months(V *tiles, long count, const float *w, const float *decisions, const float *arenas,
            const float *choices, long runs, long length, int moved, int breached) {
    for (long tile = 0; tile < count; tile++) {
        V *t = tiles + tile * PLACES;
        for (long month = 0; month < length; month++) {
            const long lane = tile * LANES;
            third_parties(t);
            forces(t, w, 0);
            pairs(t, w, decisions + month * 2 * P * runs + lane, runs, breached);
            move_arenas(t, w, arenas + month * M * runs + lane, runs, moved && month == 0);
            move_choices(t, w, choices + month * C * runs + lane, runs);
        }
    }
}

/* Rows of runs into tiles, and back. */
void put(V *tiles, long count, long place, const float *rows, long many, long runs) {
    for (long tile = 0; tile < count; tile++)
        for (long row = 0; row < many; row++)
            tiles[tile * PLACES + place + row] = load(rows + row * runs + tile * LANES);
}
void get(const V *tiles, long count, long place, float *rows, long many, long runs) {
    for (long tile = 0; tile < count; tile++)
        for (long row = 0; row < many; row++)
            *(Unaligned *)(rows + row * runs + tile * LANES) =
                tiles[tile * PLACES + place + row];
}
