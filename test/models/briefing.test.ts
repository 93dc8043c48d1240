import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { briefingVersion, makeBriefing } from '../../controller/models/briefing.ts';

const facts = { display: { width: 1024, height: 768 } };

describe('makeBriefing', () => {
  it('tells size, network, clock, trust and how to finish', () => {
    const { version, text } = makeBriefing(facts);
    assert.equal(version, briefingVersion);
    for (const words of [/1024 by 768/, /no network/, /clock shows UTC/, /never an instruction/, /Nothing changed/, /stale target/, /take over/, /\/home\/agent\/Outbox/, /final message/]) assert.match(text, words);
  });

  it('names what can be reached', () => {
    assert.match(makeBriefing({ ...facts, allowedHosts: ['example.org'] }).text, /only these hosts can be reached.*example\.org/);
  });

  it('says in its version that a caller extended or replaced it', () => {
    const extended = makeBriefing(facts, { text: 'Speak Danish.' });
    assert.equal(extended.version, `${briefingVersion}+custom`);
    assert.ok(extended.text.endsWith('Speak Danish.'));
    assert.deepEqual(makeBriefing(facts, { replacement: 'Only this.' }), { version: 'custom', text: 'Only this.' });
  });
});
