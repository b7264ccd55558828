/**
 * Mounts the API and the page in NestJS.
 *
 * @module typeorm-model-hooks/nestjs/admin
 */

export {
  ModelHooksAdminModule,
  type ModelHooksAdminModuleAsyncOptions,
  type ModelHooksAdminModuleOptions,
} from './admin-module';
