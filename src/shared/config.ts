import { z } from 'zod';
import { UserError } from './errors.ts';

/**
 * Everything a process can be told through its environment: one schema, read once by an entry point.
 *
 * `REDIS_URL` and `OPENAI_*` keep the names their own tools gave them; the rest is `PERSONA_FLEET_<NAME>`. The
 * descriptions are the README's configuration table (a test holds the two together). An empty or blank variable
 * counts as unset, as compose files write `NAME=${NAME:-}`.
 */
const count = (fallback: number, minimum = 1) => z.coerce.number().int().min(minimum).default(fallback);
/** A timer of more than 24.8 days fires at once: a timeout without end would end every call before it began. */
const LONGEST_MS = 86_400_000;
const milliseconds = (fallback: number, minimum = 1) =>
  z.coerce.number().int().min(minimum).max(LONGEST_MS).default(fallback);

const headers = z.string().transform((text, context) => {
  try {
    return z.record(z.string().regex(/^[A-Za-z0-9-]+$/), z.string()).parse(JSON.parse(text));
  } catch {
    context.addIssue('expected a JSON object like {"api-key": "…"}');
    return z.NEVER;
  }
});

/** Keys, and addresses that may hold a password: messages end up in logs and never repeat them. */
const secrets: ReadonlySet<string> = new Set([
  'OPENAI_API_KEY',
  'OPENAI_BASE_URL',
  'REDIS_URL',
  'PERSONA_FLEET_HEADERS',
]);

export const configSchema = z.object({
  REDIS_URL: z
    .url({ protocol: /^rediss?$/, error: 'expected redis://… or rediss://…' })
    .optional()
    .describe('Redis to use; without it a private server is started in the data directory'),
  OPENAI_API_KEY: z.string().optional().describe('key of the model endpoint; only workers need it'),
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
    .number()
    .gt(0)
    .max(1)
    .default(0.05)
    .describe('share of a limit that may go at once'),
  PERSONA_FLEET_RATE_WINDOW_MS: milliseconds(60_000, 100).describe(
    'the minute that the limits are meant for',
  ),
  PERSONA_FLEET_RATE_GUARD_MS: milliseconds(500, 0).describe(
    'how much later than it was let through a request may reach the provider',
  ),
  PERSONA_FLEET_BUDGET_USD: z.coerce
    .number()
    .min(0)
    .max(1_000_000)
    .optional()
    .describe('US dollars that all populations of this Redis together may cost'),
  PERSONA_FLEET_BUDGET_TOKENS: z.coerce
    .number()
    .int()
    .min(0)
    .optional()
    .describe('tokens that all populations of this Redis together may use'),
  PERSONA_FLEET_ASK_ABOVE_USD: z.coerce
    .number()
    .min(0)
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
  PERSONA_FLEET_METRICS_HOST: z.string().default('127.0.0.1').describe('address of /metrics and /healthz'),
  PERSONA_FLEET_METRICS_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(0)
    .describe("port of a worker's /metrics and /healthz (0: any free port, named in its log)"),
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
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0]);
    const got = secrets.has(name) ? '' : `, got ${JSON.stringify(given[name])}`;
    faults.push(`${name}: ${issue.message}${got}`);
  }
  if (!parsed.success || faults.length > 0) {
    throw new UserError(`the environment has ${faults.length} fault(s):\n  ${faults.join('\n  ')}`);
  }
  return Object.freeze(parsed.data);
}
