import { everyWrite } from './every-write';

describe('each write, captured by subscribers, on the newest TypeORM', () =>
  everyWrite('subscribers'));
