import { everyWrite } from './every-write';

describe('each write, captured by triggers, on the newest TypeORM', () => everyWrite('triggers'));
