import { z } from 'zod';
import { expectation, numberHint } from './documents/field-messages.ts';
import { UserError } from './errors.ts';
import { readHeaders, valueFault } from './http-headers.ts';
import { readRedisAddress } from './redis-address.ts';

/**
 * Everything a process can be told through its environment: one schema, read once by an entry point.
 *
 * `REDIS_URL` and `OPENAI_*` keep the names their own tools gave them; the rest is `PERSONA_FLEET_<NAME>`. The
 * descriptions are the README's configuration table (a test holds the two together). An empty or blank variable
 * counts as unset, as compose files write `NAME=${NAME:-}`.
 */
const whole = (least: number, most = Number.MAX_SAFE_INTEGER) => {
  const expected = `expected a whole number from ${least}${most === Number.MAX_SAFE_INTEGER ? '' : ` to ${most}`}`;
  return z.coerce.number(expected).int(expected).min(least, expected).max(most, expected);
};
const count = (fallback: number, least = 1) => whole(least).default(fallback);
/** A timer of more than 24.8 days fires at once: a timeout without end would end every call before it began. */
const LONGEST_MS = 86_400_000;
const milliseconds = (fallback: number, least = 1) => whole(least, LONGEST_MS).default(fallback);
const dollars = (most: number, expected: string) =>
  z.coerce.number(expected).min(0, expected).max(most, expected);
const share = 'expected a number above 0 and up to 1';

const key = z.string().superRefine((text, context) => {
  const fault = valueFault(text);
  if (fault !== undefined) context.addIssue(fault);
});

const headers = z.string().transform((text, context) => {
  const read = readHeaders(text);
  if ('headers' in read) return read.headers;
  context.addIssue(read.fault);
  return z.NEVER;
});

const redisUrl = z.string().superRefine((text, context) => {
  const read = readRedisAddress(text);
  if ('fault' in read) context.addIssue(read.fault);
});

/** Keys, and addresses that may hold a password: messages end up in logs and never repeat them. */
const secrets: ReadonlySet<string> = new Set([
  'OPENAI_API_KEY',
  'OPENAI_BASE_URL',
  'REDIS_URL',
  'PERSONA_FLEET_HEADERS',
  'PERSONA_FLEET_SERVE_TOKEN',
]);

export const configSchema = z.object({
  REDIS_URL: redisUrl
    .optional()
    .describe(
      'Redis to use, also a cluster or what sentinels name; without it a private server is started in the data directory',
    ),
  OPENAI_API_KEY: key.optional().describe('key of the model endpoint; only workers need it'),
  OPENAI_BASE_URL: z
    .url({ protocol: /^https?$/, error: 'expected http://… or https://…' })
    .optional()
    .describe('an OpenAI-compatible endpoint, up to and including /v1'),
  OPENAI_MODEL: z.string().optional().describe('model for specs that name none (gpt-4.1-mini)'),

  PERSONA_FLEET_DATA_DIR: z
    .string()
    .default('.persona-fleet')
    .describe('where the private Redis keeps its data and log'),
  PERSONA_FLEET_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,32}$/, 'expected 1 to 32 letters, digits, ".", "_" or "-"')
    .default('pf')
    .describe('first part of every Redis key'),
  PERSONA_FLEET_WORKERS: count(2, 0).describe('local worker processes that generate starts (0: none)'),
  PERSONA_FLEET_CONCURRENCY: count(16).describe(
    'model calls that one worker process has in flight at the most',
  ),
  PERSONA_FLEET_SHARD_SIZE: count(0, 0).describe('slots a job carries (0: adapts to the population)'),
  PERSONA_FLEET_INLINE_STATE_BYTES: count(65_536, 0).describe(
    'the factory state travels in the jobs while all copies together are no larger, else by its digest',
  ),
  PERSONA_FLEET_LOCK_DURATION_MS: milliseconds(30_000, 500).describe(
    'how long a job of a worker that died stays locked before another takes it over',
  ),
  PERSONA_FLEET_STALLED_INTERVAL_MS: milliseconds(5_000, 100).describe(
    'how often workers look for jobs whose worker died',
  ),
  PERSONA_FLEET_SHUTDOWN_GRACE_MS: milliseconds(20_000, 0).describe(
    'how long a stopping worker lets calls in flight finish before it aborts them',
  ),
  PERSONA_FLEET_MODELS: z
    .string()
    .optional()
    .describe('file (YAML or JSON) with limits, prices and capabilities by model'),
  PERSONA_FLEET_HEADERS: headers
    .optional()
    .describe('further headers of every model request, a JSON object of texts'),
  PERSONA_FLEET_RPM: count(0, 0).describe(
    'requests per minute, of all workers together (0: what the provider says)',
  ),
  PERSONA_FLEET_TPM: count(0, 0).describe(
    'tokens per minute, of all workers together (0: what the provider says)',
  ),
  PERSONA_FLEET_BURST: z.coerce
    .number(share)
    .gt(0, share)
    .max(1, share)
    .default(0.05)
    .describe('share of a limit that may go at once'),
  PERSONA_FLEET_RATE_WINDOW_MS: milliseconds(60_000, 100).describe(
    'the minute that the limits are meant for',
  ),
  PERSONA_FLEET_RATE_GUARD_MS: milliseconds(500, 0).describe(
    'how much later than it was let through a request may reach the provider',
  ),
  PERSONA_FLEET_BUDGET_USD: dollars(1_000_000, 'expected US dollars, a number from 0 to 1000000')
    .optional()
    .describe('US dollars that all populations of this Redis together may cost'),
  PERSONA_FLEET_BUDGET_TOKENS: whole(0)
    .optional()
    .describe('tokens that all populations of this Redis together may use'),
  PERSONA_FLEET_ASK_ABOVE_USD: dollars(Number.MAX_SAFE_INTEGER, 'expected US dollars, a number from 0')
    .default(1)
    .describe('estimate in US dollars from which generate asks first'),
  PERSONA_FLEET_MODEL_TIMEOUT_MS: milliseconds(120_000).describe('total time one model call may take'),
  PERSONA_FLEET_CONNECT_TIMEOUT_MS: milliseconds(10_000).describe('time to connect to the model endpoint'),
  PERSONA_FLEET_FIRST_BYTE_TIMEOUT_MS: milliseconds(120_000).describe(
    "time until an answer's first byte; without streaming that is nearly all of it",
  ),
  PERSONA_FLEET_COMPLETION_TOKENS: count(4_096, 16).describe('room for an answer, in tokens'),
  PERSONA_FLEET_MAX_COMPLETION_TOKENS: count(16_384, 16).describe(
    'room for the second try of an answer that was cut off',
  ),
  PERSONA_FLEET_REASONING_EFFORT: z
    .enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh'])
    .optional()
    .describe('reasoning_effort, for models that have it'),
  PERSONA_FLEET_BACKOFF_BASE_MS: milliseconds(500, 0).describe(
    'first backoff after a failed call; doubles with each attempt, with full jitter',
  ),
  PERSONA_FLEET_BACKOFF_MAX_MS: milliseconds(30_000, 0).describe('longest backoff without a Retry-After'),
  PERSONA_FLEET_PROCESSES: count(1).describe('processes that one `worker` command runs, one for each core'),
  PERSONA_FLEET_METRICS_HOST: z.string().default('127.0.0.1').describe('address of /metrics and /healthz'),
  PERSONA_FLEET_METRICS_PORT: whole(0, 65_535)
    .default(0)
    .describe("port of a worker's /metrics and /healthz (0: any free port, named in its log)"),
  PERSONA_FLEET_SERVE_HOST: z
    .string()
    .default('127.0.0.1')
    .describe('address of `serve`; any but the loopback needs a token'),
  PERSONA_FLEET_SERVE_PORT: whole(0, 65_535)
    .default(9465)
    .describe('port of `serve` (0: any free one, which it prints)'),
  PERSONA_FLEET_SERVE_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]{16,}$/, 'expected 16 or more printable ASCII characters without a space')
    .optional()
    .describe('what `serve` asks for: as Bearer token, or as the password of a browser'),
  PERSONA_FLEET_TRACES_URL: z
    .url({ protocol: /^https?$/, error: 'expected http://… or https://…' })
    .optional()
    .describe('OTLP/HTTP address for traces, up to and including /v1/traces; without it nothing is traced'),
  PERSONA_FLEET_TRACES_SHARE: z.coerce
    .number(share)
    .gt(0, share)
    .max(1, share)
    .default(1)
    .describe('share of the jobs that are traced'),
  PERSONA_FLEET_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('least severe level that is logged'),
});

export type Config = Readonly<z.infer<typeof configSchema>>;

/** The model asked for when neither the spec nor `OPENAI_MODEL` names one. */
export const DEFAULT_MODEL = 'gpt-4.1-mini';

/** What the simulator's people are cached under: they must never pass for a model's when a key is set later. */
export const SIMULATED_MODEL = 'simulated-1';

/**
 * Reads the configuration. Pure; throws one UserError that lists every fault, unknown `PERSONA_FLEET_*` names
 * included (they are typing errors that would otherwise change nothing without a word).
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''),
  );
  const known = new Set(Object.keys(configSchema.shape));
  const faults = Object.keys(given)
    .filter((name) => name.startsWith('PERSONA_FLEET_') && !known.has(name))
    .map((name) => `${name} is not a setting (the README lists them all)`);
  const parsed = configSchema.safeParse(given);
  const issues = parsed.error?.issues ?? [];
  // A value of another kind is also too small, too large and so on.
  for (const name of new Set(issues.map(({ path }) => String(path[0])))) {
    const issue = issues.find(({ path }) => path[0] === name);
    if (issue !== undefined) faults.push(`${name}: ${describe(issue, name, given[name])}`);
  }
  const config = parsed.data && withRoom(parsed.data, given, faults);
  if (config === undefined || faults.length > 0) {
    const number = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
    throw new UserError(`the environment has ${number}:\n  ${faults.join('\n  ')}`);
  }
  return Object.freeze(config);
}

function describe(issue: z.core.$ZodIssue, name: string, value: string | undefined): string {
  const expected = issue.code === 'invalid_value' ? expectation(issue) : issue.message;
  return secrets.has(name) ? expected : `${expected}, got ${JSON.stringify(value)}${numberHint(value)}`;
}

/** Whoever raises the room for an answer means it: the cap, where nobody set it, is never below. The same the other way round. */
function withRoom(
  config: Config,
  given: Readonly<Record<string, string | undefined>>,
  faults: string[],
): Config {
  const { PERSONA_FLEET_COMPLETION_TOKENS: room, PERSONA_FLEET_MAX_COMPLETION_TOKENS: most } = config;
  if (room <= most) return config;
  if (given.PERSONA_FLEET_MAX_COMPLETION_TOKENS === undefined) {
    return { ...config, PERSONA_FLEET_MAX_COMPLETION_TOKENS: room };
  }
  if (given.PERSONA_FLEET_COMPLETION_TOKENS === undefined) {
    return { ...config, PERSONA_FLEET_COMPLETION_TOKENS: most };
  }
  faults.push(
    `PERSONA_FLEET_COMPLETION_TOKENS: expected at most PERSONA_FLEET_MAX_COMPLETION_TOKENS (${most}), got ${room}: raise that, or leave it out`,
  );
  return config;
}
