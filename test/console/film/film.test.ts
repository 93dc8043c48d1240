import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { filmOf } from '../../../controller/api/replay/film.ts';
import { clockOf } from '../../../controller/console/film/film-clock.ts';
import { momentOf, positionOf } from '../../../controller/console/film/moment.ts';
import { commandOf, moved, otherSpeed } from '../../../controller/console/film/moves.ts';
import { found } from '../../../controller/console/film/search.ts';
import { timePerHolder, timePerState } from '../../../controller/console/film/totals.ts';
import { sampleHistory } from '../../support/sample-run.ts';

const { run, events } = sampleHistory('r-1');
const film = await filmOf(run, events);
const positions = film.beats.map((_, index) => index);

describe('clockOf', () => {
  it('takes as long as the run did, and shorter where waiting is shortened', () => {
    const real = clockOf(film, 'real');
    const first = film.beats[0]?.at ?? 0;
    assert.deepEqual([...real.offsets], film.beats.map(({ at }) => at - first));
    const short = clockOf(film, 'short');
    const approval = film.scenes.findIndex(({ kind }) => kind === 'approval');
    const beat = film.beats.findIndex(({ scene }) => scene === approval);
    const stay = (clock: typeof real) => (clock.offsets[beat + 1] ?? 0) - (clock.offsets[beat] ?? 0);
    assert.equal(stay(real), 6400);
    assert.ok(stay(short) <= 4200);
  });

  for (const pace of ['real', 'short'] as const) {
    it(`finds each beat again by its offset, and maps the run's time in order (${pace})`, () => {
      const clock = clockOf(film, pace);
      for (const position of positions) assert.equal(clock.offsets[clock.beatAt(clock.offsets[position] ?? 0)], clock.offsets[position]);
      const times = Array.from({ length: 400 }, (_, index) => run.createdAt - 1000 + index * 50);
      const offsets = times.map((at) => clock.offsetOf(at));
      assert.ok(offsets.every((offset, index) => offset >= (offsets[index - 1] ?? 0) && offset <= clock.lengthMs));
      assert.equal(offsets[0], 0);
    });
  }

  it('stands still for a film of nothing', () => {
    const clock = clockOf({ beats: [], scenes: [] }, 'short');
    assert.deepEqual([clock.beatAt(5), clock.offsetOf(5), clock.lengthMs], [0, 0, 1]);
  });
});

describe('moved', () => {
  const turnAt = (position: number) => film.scenes[film.beats[position]?.scene ?? -1]?.turn;

  it('goes a step, to the ends, and no further', () => {
    const last = positions.length - 1;
    assert.deepEqual([moved(film, 3, 'on'), moved(film, 3, 'back'), moved(film, 0, 'back'), moved(film, last, 'on'), moved(film, 3, 'first'), moved(film, 3, 'last')], [4, 2, 0, last, 0, last]);
  });

  it('goes from turn to turn by their beginnings, back and on alike', () => {
    const starts = [0, 1, 2, 3, 4].map((turn) => positions.find((position) => turnAt(position) === turn) ?? -1);
    assert.deepEqual(starts.slice(0, 4).map((start) => moved(film, start, 'turnOn')), starts.slice(1));
    assert.deepEqual(starts.slice(1).map((start) => moved(film, start, 'turnBack')), starts.slice(0, 4));
    assert.equal(moved(film, (starts[2] ?? 0) + 2, 'turnBack'), starts[2], 'inside a turn it goes to its beginning');
    assert.equal(moved(film, starts[4] ?? 0, 'turnOn'), positions.length - 1);
  });

  it('is asked for by keys', () => {
    const commands = [[' ', false], ['ArrowLeft', true], ['ArrowRight', false], ['End', false], ['+', true], ['Enter', false]] as const;
    assert.deepEqual(commands.map(([key, shiftKey]) => commandOf({ key, shiftKey })), ['toggle', 'turnBack', 'on', 'last', 'faster', undefined]);
    assert.deepEqual([otherSpeed(1, 1), otherSpeed(16, 1), otherSpeed(0.25, -1)], [2, 16, 0.25]);
  });
});

describe('a link to a moment', () => {
  it('leads back to its beat, for every beat', () => {
    assert.deepEqual(positions.map((position) => positionOf(film, momentOf(film, position))), positions);
  });

  it('leads to the same beat when the run has gone on', async () => {
    const earlier = await filmOf(run, events.slice(0, 20));
    for (const [position, { scene }] of earlier.beats.entries()) {
      const later = positionOf(film, momentOf(earlier, position)) ?? -1;
      assert.equal(film.beats[later]?.scene, scene);
    }
  });

  it('that names an event without a scene leads to the one before; nonsense leads nowhere', () => {
    const asked = events.find(({ fact }) => fact.type === 'action.intended')?.sequence ?? 0;
    const position = positionOf(film, String(asked)) ?? -1;
    assert.ok((film.scenes[film.beats[position]?.scene ?? -1]?.sequence ?? Infinity) < asked);
    assert.deepEqual(['', 'x', '-1', '1e3', '12-before'].map((text) => positionOf(film, text)), [undefined, undefined, undefined, undefined, undefined]);
    assert.equal(positionOf({ beats: [], scenes: [] }, '1'), undefined);
  });
});

describe('found', () => {
  it('finds every word in title or text, whatever case and accents', () => {
    const titles = (query: string) => found(film.scenes, query).map((index) => film.scenes[index]?.title);
    assert.deepEqual(titles('TERMINAL panel'), ['The model decides: 2 actions']);
    assert.deepEqual(titles('términal typé'), ['The model decides: 2 actions']);
    assert.deepEqual(titles('no such word'), []);
    assert.equal(found(film.scenes, '  ').length, film.scenes.length);
  });
});

describe('the totals of a film', () => {
  it('add up to the time of the run', () => {
    for (const totals of [timePerState(film), timePerHolder(film)]) {
      assert.equal(totals.reduce((sum, { ms }) => sum + ms, 0), 18_020);
      assert.ok(Math.abs(totals.reduce((sum, { share }) => sum + share, 0) - 1) < 1e-9);
      assert.ok(totals.every(({ ms }, index) => ms <= (totals[index - 1]?.ms ?? Infinity)));
    }
    assert.deepEqual(timePerHolder(film).find(({ name }) => name === 'paused')?.ms, 1000);
  });
});
