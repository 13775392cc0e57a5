import {
  type Context,
  context,
  INVALID_SPAN_CONTEXT,
  type Span,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { Span as JobSpan, Telemetry } from 'bullmq';
import { BullMQOTelSpan, BullMQOtel } from 'bullmq-otel';
import { scrub } from './logger.ts';

/** The least of OpenTelemetry's kinds, and of BullMQ's, which are the same numbers. */
const INTERNAL = 0;

/**
 * What BullMQ's worker tells of a job: one span from its start to its end, in the trace that the job brought along. None of its chores
 * (fetching, renewing locks, looking for stalled jobs): each would be a trace of its own, in an idle worker too. They pass on
 * what they are within, so that a job that is tried again stays in its trace.
 */
export function jobTelemetryOf(tracer: Tracer): Telemetry {
  const { contextManager } = new BullMQOtel();
  return {
    contextManager,
    tracer: {
      startSpan(name, options, within: Context = context.active()): JobSpan {
        const kind: number = options?.kind ?? INTERNAL;
        return kind === INTERNAL
          ? jobSpan(passedOn(within))
          : jobSpan(tracer.startSpan(name, { kind }, within));
      },
    },
  };
}

function passedOn(within: Context): Span {
  return trace.wrapSpanContext(trace.getSpanContext(within) ?? INVALID_SPAN_CONTEXT);
}

/** Error texts go through the same sieve as in logs. */
function jobSpan(span: Span): JobSpan {
  const told = new BullMQOTelSpan(span);
  return {
    setSpanOnContext: (within: Context) => told.setSpanOnContext(within),
    setAttribute: (key, value) => told.setAttribute(key, value),
    setAttributes: (attributes) => told.setAttributes(attributes),
    addEvent(name, attributes = {}) {
      const clean = Object.entries(attributes).map(([key, value]) => [
        key,
        typeof value === 'string' ? scrub(value) : value,
      ]);
      told.addEvent(name, Object.fromEntries(clean));
    },
    recordException: (exception) => told.recordException(scrub(textOf(exception))),
    end: () => told.end(),
  };
}

function textOf(exception: Parameters<JobSpan['recordException']>[0]): string {
  return typeof exception === 'string' ? exception : (exception.message ?? exception.name ?? 'error');
}
