/** With `node --import`: loading what traces are made with ends the process, and every worker that it starts. */
import { registerHooks } from 'node:module';

registerHooks({
  resolve(specifier, context, nextResolve) {
    if (/^(@opentelemetry\/(sdk|exporter|context|resources|core)|bullmq-otel)/.test(specifier)) {
      throw new Error(`${specifier} was to be loaded`);
    }
    return nextResolve(specifier, context);
  },
});
