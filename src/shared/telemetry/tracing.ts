import type { Telemetry } from 'bullmq';
import { type Stoppable, stoppable } from '../lifecycle.ts';

export type SpanAttributes = Readonly<Record<string, string | number | undefined>>;

export interface SpanOptions {
  /** `client`: a call of another service. */
  readonly kind?: 'client';
  readonly attributes?: SpanAttributes;
  /** Errors that end the part in the ordinary course of things, such as a shutdown: they are no failure of it. */
  readonly isOrdinary?: (error: unknown) => boolean;
}

/** A part of a trace while it is under way. Nothing that it is told may hold a prompt, an answer, a name or a provider's text. */
export interface TraceSpan {
  add(attributes: SpanAttributes): void;
  /** `type`: a short code of a closed set. */
  fail(type: string): void;
}

/** As `Queue.addBulk` takes it. */
export interface TracedJob {
  readonly name: string;
  readonly opts?: { readonly jobId?: string; readonly telemetry?: { metadata?: string } };
}

/**
 * Traces: what one job went through, from being enqueued to the commits of its slots. `stop()` delivers what has ended, bounded in
 * time.
 */
export interface Tracing extends Stoppable {
  /** For BullMQ's worker, where a job's trace goes on; undefined while nothing is traced. */
  readonly jobTelemetry: Telemetry | undefined;
  /**
   * Runs the work as a part of what is under way, or as the begin of a trace. An error that the work throws marks the part as failed,
   * with its reason or its class, unless it is an ordinary one.
   */
  span<T>(name: string, options: SpanOptions, work: (span: TraceSpan) => Promise<T>): Promise<T>;
  /**
   * Begins a trace for each job and adds the jobs, which take the trace along. Not one trace for all that are added together, as
   * BullMQ has it: that would hold a thousand jobs with a hundred people each.
   */
  enqueue<Job extends TracedJob, T>(
    queue: string,
    jobs: readonly Job[],
    add: (jobs: Job[]) => Promise<T>,
  ): Promise<T>;
}

export interface TracingOptions {
  /** The OTLP/HTTP address, up to and including `/v1/traces`; without it nothing is traced. */
  readonly url: string | undefined;
  /** Share of the jobs that are traced, in (0, 1]. */
  readonly share: number;
  /** What the process is called in traces. */
  readonly service: string;
  /** Hears once that traces cannot be delivered; the work goes on without them. */
  readonly onFault: (message: string) => void;
}

/** OpenTelemetry is loaded only here, when there is somewhere to send traces to: without it they cost a function call. */
export async function openTracing({ url, ...options }: TracingOptions): Promise<Tracing> {
  if (url === undefined) return noTracing;
  const { openOtlpTracing } = await import('./otlp-tracing.ts');
  return openOtlpTracing({ ...options, url });
}

const untold: TraceSpan = { add: () => {}, fail: () => {} };

export const noTracing: Tracing = stoppable(
  {
    jobTelemetry: undefined,
    span: <T>(_name: string, _options: SpanOptions, work: (span: TraceSpan) => Promise<T>) => work(untold),
    enqueue: <Job, T>(_queue: string, jobs: readonly Job[], add: (jobs: Job[]) => Promise<T>) =>
      add([...jobs]),
  },
  async () => {},
);
