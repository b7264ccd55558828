import express, { type Express } from 'express';
import type { DataSource } from 'typeorm';
import type { ModelHooks } from 'typeorm-model-hooks';
import { Order } from './shop.js';

/** The shop: partners ask for webhooks at /webhooks, customers order at /orders. */
export function shopApp(dataSource: DataSource, hooks: ModelHooks): Express {
  const app = express();
  app.use(express.json());

  app.post('/webhooks', async (request, response) => {
    const { id, secret } = await hooks.for(Order).listener(String(request.body.url)).save();
    response.status(201).json({ id, secret });
  });

  app.post('/orders', async (request, response) => {
    const { product, quantity } = request.body;
    const order = await dataSource.getRepository(Order).save({ product, quantity });
    response.status(201).json({ id: order.id });
  });

  return app;
}
