import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import type { Queue } from 'bullmq';
import type { FastifyInstance } from 'fastify';

const TITLE = 'Persona Fleet';
const DESCRIPTION =
  'Each job is a range of slots. To retry, cancel or resume populations: persona-fleet retry, cancel, resume.';

/**
 * The page of the queues, at a path of the server. It shows and changes nothing: jobs that are retried or removed by hand would
 * leave their populations in the dark, and `persona-fleet retry`, `cancel` and `resume` do it with their scripts.
 */
export async function registerQueueBoard(
  server: FastifyInstance,
  options: { path: string; queues: readonly Queue[]; isReady: () => Promise<boolean> },
): Promise<void> {
  const { path, queues, isReady } = options;
  const serverAdapter = new FastifyAdapter();
  serverAdapter.setBasePath(path);
  createBullBoard({
    queues: queues.map(boardQueue),
    serverAdapter,
    options: { uiConfig: { boardTitle: TITLE } },
  });
  await server.register(
    async (board) => {
      board.addHook('onRequest', async (request, reply) => {
        if (request.method !== 'GET' && request.method !== 'HEAD') {
          return reply.code(405).header('allow', 'GET, HEAD').send({ error: DESCRIPTION });
        }
        // Commands would wait for Redis, and pages for them.
        if (!(await isReady())) return reply.code(503).send({ error: 'Redis does not answer' });
      });
      await board.register(serverAdapter.registerPlugin());
    },
    { prefix: path },
  );
}

function boardQueue(queue: Queue): BullMQAdapter {
  const adapter = new BullMQAdapter(queue, { readOnlyMode: true, description: DESCRIPTION });
  adapter.setFormatter('data', withoutState);
  return adapter;
}

/** A factory state is thousands of characters that nobody can read. */
function withoutState(data: unknown): unknown {
  if (typeof data !== 'object' || data === null || !('state' in data)) return data;
  return { ...data, state: `${String(data.state).length} characters` };
}
