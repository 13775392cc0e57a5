import { createInterface } from 'node:readline';

/**
 * A line from the person at the terminal. undefined when there will be none: the input ended, or the signal aborted.
 *
 * The terminal stays in its line mode, so that Ctrl-C is a signal here as everywhere else.
 */
export function ask(
  question: string,
  { stdin, stderr, signal }: { stdin: NodeJS.ReadStream; stderr: NodeJS.WriteStream; signal: AbortSignal },
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const lines = createInterface({ input: stdin, terminal: false });
    const done = (answer: string | undefined) => {
      resolve(answer);
      lines.close();
      signal.removeEventListener('abort', onAbort);
    };
    const onAbort = () => {
      stderr.write('\n');
      done(undefined);
    };
    lines.once('line', done);
    lines.once('close', () => done(undefined));
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    stderr.write(question);
  });
}
