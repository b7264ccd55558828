import type { Dispatcher } from '../../lib';
import { type DispatcherOption, dispatcherOf } from '../../lib/dispatch/dispatcher';

const dispatch = () => undefined;

describe('dispatcherOf', () => {
  it.each<{ option: DispatcherOption; isLocal: boolean; waitsForTries: boolean; skipped: unknown }>(
    [
      { option: 'default', isLocal: true, waitsForTries: false, skipped: null },
      { option: 'inline', isLocal: true, waitsForTries: true, skipped: null },
      {
        option: 'disabled',
        isLocal: true,
        waitsForTries: false,
        skipped: 'the dispatcher was disabled',
      },
      { option: { dispatch }, isLocal: false, waitsForTries: false, skipped: null },
    ],
  )('dispatcherOf() knows the properties of $option', ({ option, ...traits }) => {
    expect(dispatcherOf(option)).toMatchObject({ ...traits, chunkSize: 500 });
  });

  it('dispatcherOf() keeps the properties of a dispatcher of the application', () => {
    const dispatcher = { dispatch, isLocal: true, waitsForTries: true, chunkSize: 20 };
    expect(dispatcherOf(dispatcher)).toEqual({
      dispatcher,
      isLocal: true,
      waitsForTries: true,
      chunkSize: 20,
      backlogChunkSize: 20,
      skipped: null,
    });
  });

  it.each([0, 501, 1.5, '20'])('dispatcherOf() refuses the chunk size %p', (chunkSize) => {
    expect(() => dispatcherOf({ dispatch, chunkSize } as Dispatcher)).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', option: 'dispatcher.chunkSize' }),
    );
  });

  it('The default dispatcher hands chunks to the engine of this process at once', () => {
    const { dispatcher } = dispatcherOf('default');
    const engine = {
      deliver: jest.fn(() => Promise.resolve()),
      claimDue: () => Promise.resolve({ isClaimed: false }),
    };
    const chunks = ['a', 'b'].map((id) => ({ id, token: '1', eventIds: [], listenerIds: [] }));
    dispatcher.dispatch(chunks);
    expect(engine.deliver).not.toHaveBeenCalled();
    dispatcher.start?.(engine, { logger: { warn: jest.fn() } });
    dispatcher.dispatch(chunks);
    expect(engine.deliver.mock.calls).toEqual(chunks.map((chunk) => [chunk]));
  });
});
