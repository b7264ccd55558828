import { Body, Controller, Post } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { ModelHooks } from 'typeorm-model-hooks';
import { Order } from './order';

@Controller()
export class ShopController {
  constructor(
    @InjectRepository(Order) private readonly orders: Repository<Order>,
    private readonly hooks: ModelHooks,
  ) {}

  /** The event of the order is stored in the transaction of `save()`. */
  @Post('orders')
  order(@Body() { product, quantity }: Pick<Order, 'product' | 'quantity'>) {
    return this.orders.save({ product, quantity });
  }

  /** Returns the secret once; the partner verifies with it. */
  @Post('partners')
  async subscribe(@Body() { url }: { readonly url: string }) {
    const { id, secret } = await this.hooks.for(Order).listener(url).on('insert').save();
    return { id, secret };
  }
}
