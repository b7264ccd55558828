import Fastify, { type FastifyInstance } from 'fastify';
import type { DataSource } from 'typeorm';
import type { ModelHooks } from 'typeorm-model-hooks';
import { Order } from './shop.js';

/** The shop: partners ask for webhooks at /webhooks, customers order at /orders. */
export function shopApp(dataSource: DataSource, hooks: ModelHooks): FastifyInstance {
  const app = Fastify();
  // Requests to partners that are in flight are finished before the pool ends.
  app.addHook('onClose', () => dataSource.destroy());

  app.post<{ Body: { url: string } }>('/webhooks', async (request, reply) => {
    const { id, secret } = await hooks.for(Order).listener(request.body.url).save();
    return reply.code(201).send({ id, secret });
  });

  app.post<{ Body: Pick<Order, 'product' | 'quantity'> }>('/orders', async (request, reply) => {
    const { product, quantity } = request.body;
    const order = await dataSource.getRepository(Order).save({ product, quantity });
    return reply.code(201).send({ id: order.id });
  });

  return app;
}
