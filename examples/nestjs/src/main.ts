import { NestFactory } from '@nestjs/core';
import { ShopModule } from './shop.module';

async function main(): Promise<void> {
  const app = await NestFactory.create(ShopModule, { logger: ['warn', 'error'] });
  app.enableShutdownHooks();
  await app.listen(Number(process.env.PORT ?? 3000));
  console.log(`The shop listens at ${(await app.getUrl()).replace('[::1]', 'localhost')}`);
}

void main();
