/** Before the tests: makes sure that a Prometheus can be started, or says that tests are skipped. Runs on the fitting Node. */
import { ensurePrometheus } from '../test/support/prometheus-tools.ts';

await ensurePrometheus({ announce: (line) => console.error(line) });
