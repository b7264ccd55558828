import { kindOf } from '../../../lib/capture/triggers/statements';

describe('kindOf', () => {
  it.each([
    ['START TRANSACTION', 'begins'],
    ['begin isolation level serializable', 'begins'],
    ['COMMIT', 'ends'],
    ['  rollback', 'ends'],
    ['ROLLBACK TO SAVEPOINT typeorm_1', 'rollsBack'],
    ['rollback to s', 'rollsBack'],
    ['ROLLBACK WORK TO SAVEPOINT s', 'rollsBack'],
    ['rollback transaction to s', 'rollsBack'],
    ['ROLLBACK WORK', 'ends'],
    ["PREPARE TRANSACTION 'a'", 'ends'],
    ['PREPARE a AS DELETE FROM b', 'writes'],
    ['/* of a driver */ BEGIN', 'begins'],
    ['-- of a person\n  COMMIT', 'ends'],
    ['/* a */ /* b */\nROLLBACK TO s', 'rollsBack'],
    ['SAVEPOINT typeorm_1', 'controls'],
    ['RELEASE SAVEPOINT typeorm_1', 'controls'],
    ['SET TRANSACTION ISOLATION LEVEL SERIALIZABLE', 'controls'],
    ['SELECT 1', 'reads'],
    ['INSERT INTO "a" VALUES (1)', 'writes'],
    ['WITH a AS (DELETE FROM b RETURNING *) SELECT * FROM a', 'writes'],
    ['/* a comment */ UPDATE a SET b = 1', 'writes'],
    ['', 'writes'],
  ] as const)('The statement %p is one that %s', (sql, kind) => {
    expect(kindOf(sql)).toBe(kind);
  });
});
