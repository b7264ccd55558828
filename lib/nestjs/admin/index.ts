export {
  ModelHooksAdminModule,
  type ModelHooksAdminModuleAsyncOptions,
  type ModelHooksAdminModuleOptions,
} from './admin-module';
