// SPDX-License-Identifier: LGPL-2.1-or-later
// The page: two panels, one to watch and one to send, each with a session of its own.

import {Session, Trouble} from './session.js';
import {Plot, ROWS, bitRate, inBits, readStats} from './figures.js';

const SAMPLE_MS = 500;
const RESTART_AFTER_MS = 3000;

/** What the state of a connection is called in front of people. */
const STATE_WORDS = {
  new: 'Connecting', connecting: 'Connecting', connected: 'Connected',
  disconnected: 'Interrupted', failed: 'Failed', closed: 'Ended',
};

// for as long as the page is open, and nowhere else
let token = '';

/** What getUserMedia() failed of, in words. @param {Error} error */
function cameraTrouble(error) {
  const known = {
    NotAllowedError: ['The browser may not use the camera.',
                      'Allow camera and microphone beside the address, then try again.'],
    NotFoundError: ['There is no camera here.', 'Plug one in, then try again.'],
    NotReadableError: ['The camera is busy.', 'Close the other program that uses it.'],
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

class Panel {
  pc = null;
  #session = null;
  #before = null; // the last reading
  #timer = 0;
  #restart = 0;

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

  setMuted(isMuted) {
    this.video.muted = isMuted;
    const button = this.find('[data-action=unmute]');
    if (button) {
      button.textContent = isMuted ? 'Unmute' : 'Mute';
    }
  }

  /** @param {string} phase as gateway.css knows them @param {string} words */
  #show(phase, words) {
    this.section.dataset.phase = phase;
    this.find('.state').textContent = words;
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
    this.stop();
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
      // which is there only now
      pc.getReceivers()[0].transport?.addEventListener('statechange', () => this.#follow(pc));
      this.#timer = setInterval(() => this.#sample(pc), SAMPLE_MS);
      this.#follow(pc);
    } catch (error) {
      if (pc === this.pc) {
        this.#fail(error);
      }
    }
  }

  stop() {
    this.#end();
    this.find('.trouble').hidden = true;
    this.#show('idle', 'Not connected');
  }

  #end() {
    clearInterval(this.#timer);
    clearTimeout(this.#restart);
    this.#session?.close();
    this.#session = this.#before = this.pc = null;
    this.video.srcObject?.getTracks().forEach((track) => track.stop());
    this.video.srcObject = null;
    this.#write(() => null);
    this.find('output').textContent = '–';
    this.plot.clear();
  }

  /** @param {Error} error */
  #fail(error) {
    this.#end();
    this.#show('failed', 'Not connected');
    this.find('.trouble').hidden = false;
    this.find('.what').textContent = error.message;
    this.find('.to-do').textContent = error.toDo ?? '';
    this.find('form').hidden = !error.needsToken;
    if (error.needsToken) {
      this.find('input').focus();
    }
  }

  /** What happens to a connection after it was asked for. */
  #follow(pc) {
    if (pc !== this.pc) {
      return;
    }
    clearTimeout(this.#restart);
    const dtls = pc.getReceivers()[0]?.transport?.state;
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
      this.find('output').textContent = inBits(rate);
    }
    this.#before = now;
    this.#write((read) => read(now, pc));
  }
}

class WatchPanel extends Panel {
  async addMedia(pc) {
    const stream = new MediaStream();
    pc.addEventListener('track', ({track}) => stream.addTrack(track));
    pc.addTransceiver('video', {direction: 'recvonly'});
    pc.addTransceiver('audio', {direction: 'recvonly'});
    this.video.srcObject = stream;
  }
}

class SendPanel extends Panel {
  async addMedia(pc) {
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
}

const watching = new WatchPanel('watching', 'whep');
const sending = new SendPanel('sending', 'whip');

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
startByAddress();

/** For the console, and for tests. */
window.gateway = {watching, sending, get pc() { return watching.pc; }};
