import type { CommandContext } from './context.ts';

/** Resolves when this process is told to stop, by a signal or because the process that started it is gone. */
export function untilStopped(context: CommandContext): Promise<void> {
  return new Promise((resolve) => {
    context.parent?.onGone(resolve);
    if (context.signal.aborted) resolve();
    context.signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
