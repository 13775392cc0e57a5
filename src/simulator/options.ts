import { z } from 'zod';
import { describeIssue } from '../shared/documents/field-messages.ts';
import { UserError } from '../shared/errors.ts';
import { FAULT_KINDS, RATE_SUM_TOLERANCE, RETRY_AFTER_PATTERN, sumOfRates } from './faults.ts';
import { FEATURES } from './missing-features.ts';

/** Of `completionScale`. */
export const LARGEST_SCALE = 20;

const rate = z.number().min(0).max(1);

/** Every option of the simulator with its default. */
export const simulatorOptionsSchema = z.strictObject({
  /** Decides every name, sentence, latency and fault: the same seed and requests give the same run. */
  seed: z.string().default('simulated'),
  host: z.string().min(1).default('127.0.0.1'),
  /** 0: any free port. */
  port: z.int().min(0).max(65_535).default(0),
  /** Median of the log-normal time to an answer; 0 answers at once. */
  latencyMedianMs: z.number().min(0).default(0),
  /** Standard deviation of the latency's logarithm: 0 is constant, 0.5 puts 95 % within a factor 2.7. */
  latencySigma: z.number().min(0).max(3).default(0.5),
  /** Milliseconds that each token of an answer takes, reasoning included, on top of that. */
  latencyPerTokenMs: z.number().min(0).default(0),
  /** Size of answers: 1 makes a person of 4 to 5 KB; 0 the least that the schema's minItems allow. */
  completionScale: z.number().min(0).max(LARGEST_SCALE).default(1),
  /**
   * The largest answer has about this many times the tokens of the smallest, as far as the schema lets them; 1: all are of one
   * size. The size depends on the request alone. Takes ten times as long to write.
   */
  completionSpread: z.number().min(1).max(100).default(1),
  /** Tokens that each answer spends before its first word; they count as completion tokens and against the request's limit. */
  reasoningTokens: z.int().min(0).max(1_000_000).default(0),
  /** `diverse`, or `collapsed:K`: only K names ever, unless the prompt gives one. */
  names: z
    .string()
    .regex(/^(diverse|collapsed:[1-9]\d{0,3})$/, 'expected diverse or collapsed:K with K from 1 to 9999')
    .default('diverse'),
  /** The share of calls that meet each kind of fault. */
  faults: z
    .partialRecord(z.enum(FAULT_KINDS), rate)
    .refine((rates) => sumOfRates(rates) <= 1 + RATE_SUM_TOLERANCE, 'expected rates that add up to at most 1')
    .default({}),
  /** What an injected 429 says about when to come back. */
  retryAfter: z
    .union([
      z.number().min(0),
      z
        .string()
        .regex(
          RETRY_AFTER_PATTERN,
          'expected none, <seconds>, ms:<milliseconds>, date:<seconds ahead> or garbage',
        ),
    ])
    .default('none'),
  /** When set, calls need this bearer token. */
  apiKey: z.string().min(1).optional(),
  /** Requests admitted in any window of `windowMs`; none: no limit. */
  rpm: z.int().min(1).optional(),
  /** Tokens admitted in any window of `windowMs`; none: no limit. */
  tpm: z.int().min(1).optional(),
  /**
   * What a call takes from `tpm`. `reserved`: prompt and the most it may answer, from its admission on, for good. `used`: the same
   * at first, and once its answer is written what it used instead, still in the window of its admission.
   */
  charge: z.enum(['reserved', 'used']).default('reserved'),
  /** Whether replies carry `x-ratelimit-*` of the limits that are set. */
  rateLimitHeaders: z.boolean().default(true),
  /** Features that are refused with a 400 when a request uses them. */
  unsupported: z.array(z.enum(FEATURES)).default([]),
  /** Features that are passed over in silence: the answer to a `response_format` is then prose around fenced JSON. */
  ignores: z.array(z.enum(['response_format'])).default([]),
  /** Reports the prompt's tokens that were not cached as written to the cache, for those who charge for that. */
  cacheWrite: z.boolean().default(false),
  /** The limits' and the statistics' window. A minute, except in tests. */
  windowMs: z.number().positive().default(60_000),
});

export type SimulatorOptions = z.infer<typeof simulatorOptionsSchema>;

/** Fills in the defaults. Throws one UserError that lists every fault. */
export function simulatorOptions(given: Partial<SimulatorOptions>): SimulatorOptions {
  const parsed = simulatorOptionsSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(
    (issue) => `${issue.path.join('.') || 'options'}: ${describeIssue(issue, valueAt(given, issue.path))}`,
  );
  throw new UserError(`The simulator's options are not usable. ${faults.join('; ')}`);
}

function valueAt(given: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, step) => (typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined),
    given,
  );
}
