import { everyWrite } from './every-write';

describe('each write, captured by subscribers, on TypeORM 1.1.1', () =>
  everyWrite({ capture: 'subscribers', typeorm: '1.1.1' }));
