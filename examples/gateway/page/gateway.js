// SPDX-License-Identifier: LGPL-2.1-or-later
// The page: two panels, one to watch and one to send, each with a session of its own.

import {Session, Trouble, readStatus} from './session.js';
import {Plot, ROWS, bitRate, dtlsOf, inBits, readStats} from './figures.js';

const SAMPLE_MS = 500;
const RESTART_AFTER_MS = 3000;
const PICTURE_WITHIN_MS = 5000; // of a connection: key frames may be seconds apart

/** What the state of a connection is called in front of people. */
const STATE_WORDS = {
  new: 'Connecting', connecting: 'Connecting', connected: 'Connected',
  disconnected: 'Interrupted', failed: 'Failed', closed: 'Ended',
};

/** What gets the focus where the button that had it is gone: by phase. */
const NEXT_BUTTONS = {
  idle: '.start', connecting: '[data-action=stop]', live: '[data-action=stop]',
  failed: '[data-action=again]',
};

const TAKES_NO_CAMERA = 'This gateway takes no camera: it was started without --video-out.';

// for as long as the page is open, and nowhere else
let token = '';

/** What getUserMedia() failed of, in words. @param {Error} error */
function cameraTrouble(error) {
  const known = {
    NotAllowedError: ['The browser may not use the camera.',
                      'Allow camera and microphone beside the address, then reconnect.'],
    NotFoundError: ['There is no camera here.', 'Plug one in, then reconnect.'],
    NotReadableError: ['The camera is busy.',
                       'Close the other program that uses it, then reconnect.'],
  }[error.name];
  return known ? new Trouble(...known) : new Trouble('The camera failed.', error.message);
}

/** Camera and microphone; the camera alone where there is no microphone. */
async function openCamera() {
  if (!navigator.mediaDevices) {
    throw new Trouble('Browsers give the camera to secure pages only.',
                      'Use http://localhost, or start the gateway with --tls-certificate and ' +
                      '--tls-key and come back by https.');
  }
  const video = {width: {ideal: 1280}, height: {ideal: 720}};
  try {
    return await navigator.mediaDevices.getUserMedia({video, audio: true});
  } catch (error) {
    if (error.name === 'NotFoundError') {
      return navigator.mediaDevices.getUserMedia({video})
        .catch((another) => { throw cameraTrouble(another); });
    }
    throw cameraTrouble(error);
  }
}

/** A live region is read aloud whenever it is written to. */
function say(element, words) {
  if (element.textContent !== words) {
    element.textContent = words;
  }
}

class Panel {
  pc = null;
  #session = null;
  #before = null; // the last reading
  #timer = 0;
  #restart = 0;
  #refusal = ''; // what the gateway has not taken, in words

  /** @param {string} id of its section @param {string} door '/whep' or '/whip' */
  constructor(id, door) {
    this.section = document.getElementById(id);
    this.section.append(document.getElementById('parts').content.cloneNode(true));
    this.door = door;
    this.video = this.find('video');
    this.plot = new Plot(this.find('canvas'));
    for (const [key, label] of ROWS) {
      const name = document.createElement('dt');
      const value = document.createElement('dd');
      name.textContent = label;
      value.dataset.row = key;
      this.find('dl').append(name, value);
    }
    this.#write(() => null);
    this.plot.clear();
    this.#listen();
  }

  find(selector) {
    return this.section.querySelector(selector);
  }

  #listen() {
    this.section.addEventListener('click', ({target}) => {
      const action = target.closest('[data-action]')?.dataset.action;
      if (action === 'stop') {
        this.stop();
      } else if (action === 'unmute') {
        this.setMuted(!this.video.muted);
      } else if (action === 'enlarge') {
        this.enlarge();
      } else if (action) {
        this.start();
      }
    });
    this.find('form').addEventListener('submit', (event) => {
      event.preventDefault();
      token = new FormData(event.target).get('token');
      this.start();
    });
  }

  async enlarge() {
    const {video} = this;
    try {
      // telephones of Apple know the other one alone
      await (video.requestFullscreen ?? video.webkitEnterFullscreen).call(video);
    } catch (error) {
      console.warn('no full screen:', error.message);
    }
  }

  setMuted(isMuted) {
    this.video.muted = isMuted;
    const button = this.find('[data-action=unmute]');
    if (button) {
      button.textContent = isMuted ? 'Unmute' : 'Mute';
    }
  }

  /**
   * @param {string} phase as gateway.css knows them
   * @param {string} words
   * @param {?Error} trouble which ended it
   */
  #show(phase, words, trouble = null) {
    const focused = this.section.contains(document.activeElement) ? document.activeElement : null;
    this.section.dataset.phase = phase;
    say(this.find('.state'), words);
    this.find('.trouble').hidden = !trouble;
    if (trouble) {
      this.find('.what').textContent = trouble.message;
      this.find('.to-do').textContent = trouble.toDo ?? '';
      this.find('form').hidden = !trouble.needsToken;
    }
    if (trouble?.needsToken) {
      this.find('input').focus();
    } else if (focused && focused.getClientRects().length === 0) {
      this.find(NEXT_BUTTONS[phase]).focus();
    }
  }

  /** What there is to say where a picture is expected; '' takes it away. */
  #note(words) {
    say(this.find('.note'), words);
  }

  /** Fills the table. @param {function(function): ?string} valueOf a row's way to read it */
  #write(valueOf) {
    for (const [key, , read] of ROWS) {
      // names of ciphers are long: they may be broken behind each of their words
      const words = (valueOf(read) ?? '–').split(/(?<=_)/);
      this.find(`[data-row=${key}]`).replaceChildren(
        ...words.flatMap((word) => [word, document.createElement('wbr')]));
    }
  }

  /** A new session; one that there is ends first. */
  async start() {
    this.#end();
    const pc = new RTCPeerConnection({bundlePolicy: 'max-bundle'});
    this.pc = pc;
    this.#session = new Session(pc, token);
    this.#show('connecting', 'Connecting');
    try {
      await this.addMedia(pc);
      if (pc !== this.pc) {
        return; // stopped while the reader was asked for the camera
      }
      pc.addEventListener('connectionstatechange', () => this.#follow(pc));
      await this.#session.open(this.door);
      if (pc !== this.pc) {
        return;
      }
      // which is there only now
      dtlsOf(pc)?.addEventListener('statechange', () => this.#follow(pc));
      this.#timer = setInterval(() => this.#sample(pc), SAMPLE_MS);
      this.#follow(pc);
      const refusal = await this.explain((kind) => this.#session.hasRefused(kind));
      if (pc === this.pc) {
        this.#refusal = refusal;
        this.#note(refusal);
      }
    } catch (error) {
      if (pc === this.pc) {
        this.#fail(error);
      }
    }
  }

  stop() {
    this.#end();
    this.#show('idle', 'Not connected');
  }

  #end() {
    clearInterval(this.#timer);
    clearTimeout(this.#restart);
    this.#session?.close();
    this.#session = this.#before = this.pc = null;
    this.video.srcObject?.getTracks().forEach((track) => track.stop());
    this.video.srcObject = null;
    this.#refusal = '';
    this.#note('');
    this.#write(() => null);
    this.find('.now').textContent = '–';
    this.plot.clear();
  }

  /** @param {Error} error */
  #fail(error) {
    this.#end();
    this.#show('failed', 'Not connected', error);
  }

  /** What happens to a connection after it was asked for. */
  #follow(pc) {
    if (pc !== this.pc) {
      return;
    }
    clearTimeout(this.#restart);
    const dtls = dtlsOf(pc)?.state;
    const state = pc.connectionState;
    // the whole may be said to have failed before DTLS is, which is the part that did
    const isIceUp = ['connected', 'completed'].includes(pc.iceConnectionState);
    if (dtls === 'failed' || (state === 'failed' && isIceUp)) {
      this.#fail(new Trouble('No encrypted connection came about.',
                             'The certificate is not the one that was announced, or the two ends ' +
                             'have no version or cipher in common. Nothing was played.'));
    } else if (dtls === 'closed') {
      this.#fail(new Trouble('The gateway said goodbye.', 'Reconnect when it is there again.'));
    } else if (state === 'failed') {
      this.#fail(new Trouble('The gateway cannot be reached any more.',
                             'Is it still running, and does a firewall between let UDP through?'));
    } else {
      this.#show(state === 'connected' ? 'live' : 'connecting', STATE_WORDS[state]);
      if (state === 'disconnected') {
        this.#restart = setTimeout(() => this.restart(), RESTART_AFTER_MS);
      }
    }
  }

  /** Looks for another way to the gateway, as when the network of this computer changed. */
  async restart() {
    const pc = this.pc;
    try {
      await this.#session.restart();
    } catch (error) {
      if (pc === this.pc) {
        this.#fail(error);
      }
    }
  }

  async #sample(pc) {
    const now = await readStats(pc);
    if (pc !== this.pc) {
      return;
    }
    const rate = bitRate(this.#before, now);
    if (this.#before) {
      this.plot.add(rate);
      this.find('.now').textContent = inBits(rate);
    }
    this.#before = now;
    this.#note(this.#refusal || this.expect(now, pc));
    this.#write((read) => read(now, pc));
  }
}

class WatchPanel extends Panel {
  #waitedMs = 0; // for a picture, connected

  async addMedia(pc) {
    const stream = new MediaStream();
    pc.addEventListener('track', ({track}) => stream.addTrack(track));
    pc.addTransceiver('video', {direction: 'recvonly'});
    pc.addTransceiver('audio', {direction: 'recvonly'});
    this.video.srcObject = stream;
  }

  /**
   * Sound alone looks like a picture that does not come.
   * @param {function(string): boolean} hasRefused of a kind of media
   */
  async explain(hasRefused) {
    if (!hasRefused('video')) {
      return '';
    }
    const {video} = (await readStatus(token)).tracks;
    return video
      ? `Sound alone: this browser cannot play the gateway's video, which is ${video.codec}.`
      : 'Sound alone: the gateway shows no video.';
  }

  /** What to say where frames should be. */
  expect({video}, pc) {
    const isWaiting = pc.connectionState === 'connected' && !video.framesDecoded;
    this.#waitedMs = isWaiting ? this.#waitedMs + SAMPLE_MS : 0;
    return this.#waitedMs > PICTURE_WITHIN_MS
      ? 'No picture has come yet. Does a source send video to the gateway, with key frames?' : '';
  }
}

class SendPanel extends Panel {
  /** Whether there is anything to press. */
  offer(isTaken) {
    this.find('.start').hidden = !isTaken;
    if (!isTaken) {
      this.find('.hint').textContent = TAKES_NO_CAMERA;
    }
  }

  async addMedia(pc) {
    // nobody is asked for a camera that is not wanted; nor before the token is known
    const {publishing} = await readStatus(token);
    if (!publishing) {
      throw new Trouble(TAKES_NO_CAMERA, 'Start it with --video-out HOST:PORT, and with ' +
                        '--audio-out for the sound, to say where a camera is to go.');
    }
    if (pc !== this.pc) {
      return;
    }
    const stream = await openCamera();
    if (pc !== this.pc) {
      stream.getTracks().forEach((track) => track.stop());
      return;
    }
    for (const track of [...stream.getVideoTracks(), ...stream.getAudioTracks()]) {
      pc.addTransceiver(track, {direction: 'sendonly', streams: [stream]});
    }
    this.video.srcObject = stream;
  }

  async explain(hasRefused) {
    return hasRefused('video') ? 'Your picture is not taken, your sound is.' : '';
  }

  expect() {
    return '';
  }
}

const watching = new WatchPanel('watching', 'whep');
const sending = new SendPanel('sending', 'whip');

/** What can be known before anything is pressed: nothing, where a token is asked for. */
async function prepare() {
  try {
    const {publishing} = await readStatus(token);
    sending.offer(publishing);
    document.querySelector('footer a').hidden = false; // a link carries no token
  } catch {
    // whoever presses a button is told
  }
}

function startByAddress() {
  if (location.hash === '#watch') {
    watching.start();
  }
}

window.addEventListener('hashchange', startByAddress);
window.addEventListener('pagehide', () => {
  watching.stop();
  sending.stop();
});
prepare();
startByAddress();

/** For the console, and for tests. */
window.gateway = {watching, sending, get pc() { return watching.pc; }};
