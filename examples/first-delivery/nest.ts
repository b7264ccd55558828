import { Controller, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Column, DataSource, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { ModelHook, ModelHooks, modelHookEntities, modelHookMigrations } from 'typeorm-model-hooks';
import * as nest from 'typeorm-model-hooks/nestjs';

@Entity() @ModelHook({ provides: ['name'] }) // only the name is sent
class Person { @PrimaryGeneratedColumn() id!: number; @Column('varchar') name!: string }

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
@Controller('webhooks') @nest.VerifyWebhook({ secret }) // what is not signed is answered with 401
class WebhooksController {
  @Post() receive(@nest.WebhookEvent() { event, body }: nest.ReceivedEvent) {
    console.log(event, JSON.stringify(body));
  }
}
const setup = { type: 'postgres', url: process.env.DATABASE_URL!, synchronize: true } as const;
const tables = { entities: [Person, ...modelHookEntities], migrations: modelHookMigrations };
const orm = TypeOrmModule.forRoot({ ...setup, ...tables, migrationsRun: true });
const hooks = nest.ModelHooksModule.forRoot({ delivery: { recipients: 'development' } });
@Module({ imports: [orm, hooks], controllers: [WebhooksController] })
class AppModule {}
NestFactory.create(AppModule, { rawBody: true, logger: false }).then(async (app) => {
  await app.listen(8080);
  await app.get(ModelHooks).listen('*', { url: 'http://localhost:8080/webhooks', secret }).save();
  await app.get(DataSource).getRepository(Person).save({ name: 'Joe' });
  await app.get(ModelHooks).idle(); // waits until everything is sent
  await app.close();
});
