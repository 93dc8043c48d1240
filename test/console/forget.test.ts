import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { forgetPerson, keepFor } from '../../controller/console/state/forget.ts';

/** As a browser's: entries are its own properties, its methods are not. */
class KeptInMemory {
  getItem(name: string): string | null {
    return Object.hasOwn(this, name) ? String(Reflect.get(this, name)) : null;
  }
  setItem(name: string, value: string): void {
    Reflect.set(this, name, value);
  }
  removeItem(name: string): void {
    Reflect.deleteProperty(this, name);
  }
}

describe('what a browser keeps of a person', () => {
  const before = { localStorage: Object.getOwnPropertyDescriptor(globalThis, 'localStorage'), sessionStorage: Object.getOwnPropertyDescriptor(globalThis, 'sessionStorage') };
  let browser: KeptInMemory;
  const open = (name: string, value: unknown) => Object.defineProperty(globalThis, name, { configurable: true, value });
  const newTab = () => {
    const tab = new KeptInMemory();
    open('sessionStorage', tab);
    return tab;
  };
  beforeEach(() => {
    browser = new KeptInMemory();
    open('localStorage', browser);
  });
  afterEach(() => {
    for (const [name, descriptor] of Object.entries(before)) if (descriptor === undefined) Reflect.deleteProperty(globalThis, name); else Object.defineProperty(globalThis, name, descriptor);
  });
  const leave = (tab: KeptInMemory) => {
    browser.setItem('vitrine.theme', 'dark');
    browser.setItem('vitrine.start', '{"hosts":"of.ann.org"}');
    tab.setItem('vitrine.lease.d-1', '{}');
  };

  it('stays the same person\'s, in this tab and the next', () => {
    const tab = newTab();
    keepFor('ann');
    leave(tab);
    keepFor('ann');
    assert.equal(tab.getItem('vitrine.lease.d-1'), '{}');
    newTab();
    keepFor('ann');
    assert.equal(browser.getItem('vitrine.start'), '{"hosts":"of.ann.org"}');
  });

  it('is gone for the next one, who never saw a sign-out: in the browser from any tab, and in each tab', () => {
    const tab = newTab();
    keepFor('ann');
    leave(tab);
    newTab();
    keepFor('bob');
    assert.deepEqual({ ...browser }, { 'vitrine.theme': 'dark', 'vitrine.owner': 'bob' });
    browser.setItem('vitrine.start', '{"hosts":"of.bob.org"}');
    open('sessionStorage', tab);
    keepFor('bob');
    assert.deepEqual({ ...tab }, { 'vitrine.owner': 'bob' });
    assert.equal(browser.getItem('vitrine.start'), '{"hosts":"of.bob.org"}', 'what is his own is left');
  });

  it('is nobody\'s where it is not known who left it', () => {
    leave(newTab());
    keepFor('bob');
    assert.equal(browser.getItem('vitrine.start'), null);
  });

  it('is gone with its owner when they sign out', () => {
    const tab = newTab();
    keepFor('ann');
    leave(tab);
    forgetPerson();
    assert.deepEqual([Object.keys(browser), Object.keys(tab)], [['vitrine.theme'], []]);
  });

  it('is nothing where storage is switched off', () => {
    for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(globalThis, name, { configurable: true, get() { throw new Error('the storage is switched off'); } });
    assert.doesNotThrow(() => keepFor('ann'));
  });
});
