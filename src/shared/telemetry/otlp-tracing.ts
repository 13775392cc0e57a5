import {
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { explain, ModelCallError } from '../errors.ts';
import { stoppable, withDeadline } from '../lifecycle.ts';
import { readVersion } from '../version.ts';
import { jobTelemetryOf } from './job-telemetry.ts';
import type { SpanOptions, TracedJob, TraceSpan, Tracing, TracingOptions } from './tracing.ts';

/** One batch, with the exporter's own retries. Kept short: a stop waits for it. */
const EXPORT_TIMEOUT_MS = 3_000;
const STOP_TIMEOUT_MS = 4_000;
/** Some seconds of a busy process. What comes on top while the collector is slow or gone is dropped. */
const SPANS_HELD = 8_192;

/**
 * Traces over OTLP/HTTP. A job's own share decides whether it is traced, and all that follows from it goes along.
 *
 * Of OpenTelemetry's globals only those without a state of ours are used: who is under way in this process, and how a trace is written
 * into a job. Where an application has set them already, its own stay, and its spans become the parents of these.
 */
export function openOtlpTracing(options: TracingOptions & { readonly url: string }): Tracing {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  const version = readVersion();
  const provider = new TracerProvider({
    resource: defaultResource().merge(
      resourceFromAttributes({
        'service.name': options.service,
        'service.version': version,
        'process.pid': process.pid,
      }),
    ),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(options.share) }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: tellingOnce(
          new OTLPTraceExporter({ url: options.url, timeoutMillis: EXPORT_TIMEOUT_MS }),
          options,
        ),
        maxQueueSize: SPANS_HELD,
      }),
    ],
  });
  const tracer = provider.getTracer('persona-fleet', version);

  async function span<T>(
    name: string,
    { kind, attributes = {}, isOrdinary = () => false }: SpanOptions,
    work: (span: TraceSpan) => Promise<T>,
  ): Promise<T> {
    const given = { kind: kind === 'client' ? SpanKind.CLIENT : SpanKind.INTERNAL, attributes };
    return tracer.startActiveSpan(name, given, async (started) => {
      try {
        return await work(told(started));
      } catch (error) {
        if (!isOrdinary(error)) fail(started, errorType(error));
        throw error;
      } finally {
        started.end();
      }
    });
  }

  async function enqueue<Job extends TracedJob, T>(
    queue: string,
    jobs: readonly Job[],
    add: (jobs: Job[]) => Promise<T>,
  ): Promise<T> {
    const started = jobs.map(({ name, opts }) =>
      tracer.startSpan(`add ${queue}.${name}`, {
        kind: SpanKind.PRODUCER,
        attributes: { 'bullmq.queue.name': queue, 'bullmq.job.name': name, 'bullmq.job.id': opts?.jobId },
      }),
    );
    const traced = jobs.map((job, index) => {
      const metadata = metadataOf(started[index]);
      return { ...job, opts: { ...job.opts, telemetry: { metadata } } };
    });
    try {
      return await add(traced);
    } catch (error) {
      for (const one of started) fail(one, errorType(error));
      throw error;
    } finally {
      for (const one of started) one.end();
    }
  }

  return stoppable({ jobTelemetry: jobTelemetryOf(tracer), span, enqueue }, async () => {
    await withDeadline(provider.shutdown(), STOP_TIMEOUT_MS, 'the collector does not answer').catch(() => {});
  });
}

/** As BullMQ carries it in a job. */
function metadataOf(span: Span | undefined): string {
  const carrier: Record<string, string> = {};
  if (span !== undefined) propagation.inject(trace.setSpan(ROOT_CONTEXT, span), carrier);
  return JSON.stringify(carrier);
}

function told(span: Span): TraceSpan {
  return {
    add: (attributes) => {
      span.setAttributes(attributes);
    },
    fail: (type) => fail(span, type),
  };
}

function fail(span: Span, type: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

function errorType(error: unknown): string {
  if (error instanceof ModelCallError) return error.reason;
  return error instanceof Error ? error.name : 'unknown';
}

/** A collector that is gone stays gone for hundreds of batches: one line says so. */
function tellingOnce(
  exporter: SpanExporter,
  { url, onFault }: Pick<TracingOptions, 'onFault'> & { readonly url: string },
): SpanExporter {
  let isTold = false;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        if (result.error !== undefined && !isTold) {
          isTold = true;
          const { origin } = new URL(url);
          onFault(
            `traces cannot be delivered to ${origin} (PERSONA_FLEET_TRACES_URL): ${explain(result.error)}; the work goes on without them`,
          );
        }
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
  };
}
