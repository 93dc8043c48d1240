import { render } from 'preact';
import { App } from './app.tsx';
import { begin } from './state/begin.ts';
import { showHidden } from './ui/show-hidden.ts';
import './styles/tokens.css';
import './styles/base.css';

const root = document.querySelector('#app');
if (root === null) throw new Error('the page has no place for the application');
showHidden();
begin();
root.replaceChildren(); // What stands there until now says that the console is being loaded.
render(<App />, root);
