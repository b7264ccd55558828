import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { TypeOrmModule } from '@nestjs/typeorm';
import { modelHookEntities, modelHookMigrations } from 'typeorm-model-hooks';
import { ModelHooksModule } from 'typeorm-model-hooks/nestjs';
import { ModelHooksAdminModule } from 'typeorm-model-hooks/nestjs/admin';
import { AuditService } from './audit.service';
import { HealthController } from './health.controller';
import { Order } from './order';
import { ShopController } from './shop.controller';

@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      // Read when the application starts, because the specs set it.
      useFactory: () => ({
        type: 'postgres',
        url: process.env.DATABASE_URL,
        entities: [Order, ...modelHookEntities],
        migrations: [...modelHookMigrations],
        migrationsRun: true,
        synchronize: true,
      }),
    }),
    TypeOrmModule.forFeature([Order]),
    // 'development' permits partners on this machine. Leave it out in production.
    ModelHooksModule.forRoot({
      delivery: { recipients: 'development' },
      detachDeadlineMs: 10_000,
    }),
    ModelHooksAdminModule.forRoot({
      path: '/hooks',
      authenticate: (request) =>
        process.env.ADMIN_TOKEN &&
        request.headers.get('authorization') === `Bearer ${process.env.ADMIN_TOKEN}`
          ? { role: 'operator' }
          : null,
    }),
    TerminusModule,
  ],
  controllers: [ShopController, HealthController],
  providers: [AuditService],
})
export class ShopModule {}
