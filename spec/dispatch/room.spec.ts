import { Room } from '../../lib/dispatch/room';

describe('Room', () => {
  it('An entry succeeds at once if there is room', async () => {
    const { room, held } = roomFor(2);
    await expect(room.enter(held.add)).resolves.toBe(1);
    await expect(room.enter(held.add)).resolves.toBe(2);
    expect(room.left).toBe(0);
  });

  it('Waiting entries are admitted in order as places become free', async () => {
    const { room, held } = roomFor(1);
    await room.enter(held.add);
    const entered: string[] = [];
    const waiting = ['first', 'second', 'third'].map((name) =>
      room.enter(() => {
        entered.push(name);
        return held.add();
      }),
    );
    held.size = 0;
    room.admit();
    await waiting[0];
    expect(entered).toEqual(['first']);
    room.admit();
    expect(entered).toEqual(['first']);
    held.size = -1;
    room.admit();
    await Promise.all(waiting);
    expect(entered).toEqual(['first', 'second', 'third']);
  });

  it('A new entry does not overtake a waiting one', async () => {
    const { room, held } = roomFor(1);
    await room.enter(held.add);
    const entered: string[] = [];
    const enter = (name: string) =>
      room.enter(() => {
        entered.push(name);
        return held.add();
      });
    const first = enter('first');
    held.size = -1;
    await enter('second').finally(() => undefined);
    await first;
    expect(entered).toEqual(['first', 'second']);
  });

  it('An error of an entry is passed on', async () => {
    const { room, held } = roomFor(1);
    await room.enter(held.add);
    const failing = room.enter(() => Promise.reject(new RangeError('no')));
    held.size = 0;
    room.admit();
    await expect(failing).rejects.toThrow(RangeError);
  });

  it('close() turns away waiting entries and later ones that would have to wait', async () => {
    const { room, held } = roomFor(1);
    await room.enter(held.add);
    const waiting = room.enter(held.add);
    room.close();
    await expect(waiting).resolves.toBeNull();
    await expect(room.enter(held.add)).resolves.toBeNull();
    held.size = 0;
    await expect(room.enter(held.add)).resolves.toBe(1);
  });
});

function roomFor(limit: number) {
  const held = {
    size: 0,
    add: () => {
      held.size += 1;
      return Promise.resolve(held.size);
    },
  };
  return { room: new Room(limit, [held]), held };
}
