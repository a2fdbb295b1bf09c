// SPDX-License-Identifier: LGPL-2.1-or-later
// One session with the gateway: WHEP (draft-ietf-wish-whep) to watch, WHIP (RFC 9725) to send.
// Both go the same way: POST an offer, PATCH candidates as they are found, DELETE at the end.

const SDP = 'application/sdp';
const FRAGMENT = 'application/trickle-ice-sdpfrag';

/** What went wrong and what the reader can do about it. Both are shown. */
export class Trouble extends Error {
  /**
   * @param {string} what happened
   * @param {string} toDo what helps
   * @param {boolean} needsToken whether a token is what helps
   */
  constructor(what, toDo, needsToken = false) {
    super(what);
    this.toDo = toDo;
    this.needsToken = needsToken;
  }
}

/** What a status means to who sits in front of the page. @type {Object<number, string[]>} */
const REFUSALS = {
  401: ['This gateway asks for a token.', 'Enter the one that it was started with (--token).'],
  404: ['The gateway has forgotten this session.', 'Reconnect to start a new one.'],
  409: ['Somebody else is sending.', 'There is one camera at a time. Reconnect when it is gone.'],
  422: ['This browser and the gateway have no codec in common.',
        'Feed the gateway with VP8, which every browser plays, or try another browser.'],
  503: ['The gateway is full.', 'Reconnect later, or start it with a larger --max-sessions.'],
};

/** @param {Response} response that is no success @param {boolean} hadToken */
async function troubleOf(response, hadToken) {
  const reason = (await response.text()).trim();
  const known = REFUSALS[response.status];
  if (!known) {
    return new Trouble(`The gateway refused: ${reason || response.statusText}`,
                       `It answered with HTTP status ${response.status}.`);
  }
  if (response.status === 401 && hadToken) {
    return new Trouble('This is not its token.', known[1], true);
  }
  const seconds = response.headers.get('Retry-After');
  const toDo = seconds ? `Reconnect in ${seconds} seconds.` : known[1];
  // what the gateway cannot take of an offer it says itself, and best
  const found = response.status === 422 && reason ? ` (The gateway: ${reason})` : '';
  return new Trouble(known[0], toDo + found, response.status === 401);
}

/**
 * The answer to a request; whatever is no success is a Trouble.
 * @param {string} token or ''
 */
async function ask(token, url, method, headers = {}, body = undefined) {
  const authorization = token ? {Authorization: `Bearer ${token}`} : {};
  const keepalive = method === 'DELETE';
  let response;
  try {
    response = await fetch(url, {method, body, keepalive, headers: {...headers, ...authorization}});
  } catch {
    throw new Trouble('The gateway does not answer.',
                      'Is it still running? Start it again, then reconnect.');
  }
  if (!response.ok) {
    throw await troubleOf(response, token !== '');
  }
  return response;
}

/** What the gateway says of itself. @param {string} token or '' */
export async function readStatus(token) {
  return (await ask(token, 'status', 'GET')).json();
}

/** ICE servers of Link headers: RFC 9725, section 4.6. @param {string|null} header */
function iceServersOf(header) {
  return (header ?? '').split(/,\s*(?=<)/)
    .map((link) => link.match(/^<([^>]+)>(.*)$/))
    .filter((match) => match && /;\s*rel="?ice-server"?/.test(match[2]))
    .map(([, urls, rest]) => ({
      urls,
      username: rest.match(/;\s*username="([^"]*)"/)?.[1],
      credential: rest.match(/;\s*credential="([^"]*)"/)?.[1],
    }));
}

/** The value of the first such line of an SDP. */
function valueOf(sdp, name) {
  return sdp.match(new RegExp(`^a=${name}:(.*?)\\r?$`, 'm'))?.[1];
}

/** Candidates of our ICE session as RFC 8840 writes them: for the m-line that carries all. */
function fragmentOf(sdp, candidates, isLast) {
  const [, kind, profile, payloadType] = sdp.match(/^m=(\w+) \d+ (\S+) (\d+)/m);
  return [
    `a=group:${valueOf(sdp, 'group')}`,
    `m=${kind} 9 ${profile} ${payloadType}`,
    `a=mid:${valueOf(sdp, 'mid')}`,
    `a=ice-ufrag:${valueOf(sdp, 'ice-ufrag')}`,
    `a=ice-pwd:${valueOf(sdp, 'ice-pwd')}`,
    ...candidates.map((each) => `a=${each}`),
    ...(isLast ? ['a=end-of-candidates'] : []),
  ].join('\r\n') + '\r\n';
}

/** The answer that we have, with the ICE of @fragment in the place of its own. */
function answerWith(sdp, fragment) {
  const candidates = fragment.match(/^a=(candidate:.*|end-of-candidates)$/gm) ?? [];
  const replaced = sdp.split(/\r?\n/)
    .filter((line) => !/^a=(candidate:|end-of-candidates)/.test(line))
    .map((line) => line
      .replace(/^a=ice-ufrag:.*/, `a=ice-ufrag:${valueOf(fragment, 'ice-ufrag')}`)
      .replace(/^a=ice-pwd:.*/, `a=ice-pwd:${valueOf(fragment, 'ice-pwd')}`));
  // a section that was refused has no transport
  const firstTaken = replaced.findIndex((line) => /^m=\w+ [1-9]/.test(line));
  const firstMid = replaced.findIndex((line, i) => i > firstTaken && line.startsWith('a=mid:'));
  replaced.splice(firstMid + 1, 0, ...candidates.map((line) => line.trim()));
  return replaced.join('\r\n');
}

export class Session {
  #token;
  #url = null;  // of the session, once the gateway has made one
  #etag = null; // of its ICE session
  #found = [];  // candidates that the gateway has not been told of
  #isLast = false;
  #told = Promise.resolve();

  /** @param {RTCPeerConnection} pc @param {string} token or '' */
  constructor(pc, token) {
    this.pc = pc;
    this.#token = token;
    pc.addEventListener('icecandidate', ({candidate}) => this.#hear(candidate));
  }

  /** Resolves once offer and answer are in place. @param {string} door '/whep' or '/whip' */
  async open(door) {
    const offer = await this.pc.createOffer();
    const response = await this.#ask(door, 'POST', {'Content-Type': SDP, Accept: SDP}, offer.sdp);
    this.#url = new URL(response.headers.get('Location'), response.url);
    this.#etag = response.headers.get('ETag');
    const answer = await response.text();
    if (this.pc.signalingState === 'closed') {
      this.close(); // somebody has left meanwhile
      return;
    }
    // which servers to ask must be known before candidates are gathered
    const iceServers = iceServersOf(response.headers.get('Link'));
    if (iceServers.length > 0) {
      this.pc.setConfiguration({...this.pc.getConfiguration(), iceServers});
    }
    await this.pc.setLocalDescription(offer);
    try {
      await this.pc.setRemoteDescription({type: 'answer', sdp: answer});
    } catch (error) {
      // Chromium takes no answer that refuses its first section, by which all others go
      throw /^m=video 0 /m.test(answer) ? new Trouble(...REFUSALS[422]) : error;
    }
    this.#tell();
  }

  /** Whether the gateway has taken none of our m-lines of that kind. @param {string} kind */
  hasRefused(kind) {
    const {sdp} = this.pc.currentRemoteDescription;
    return !new RegExp(`^m=${kind} [1-9]`, 'm').test(sdp);
  }

  /** Another way to the same gateway; keys and media go on as they are (RFC 8842). */
  async restart() {
    await this.#told;
    this.#isLast = false;
    await this.pc.setLocalDescription(await this.pc.createOffer({iceRestart: true}));
    const response = await this.#patch('*', this.#take());
    this.#etag = response.headers.get('ETag');
    const changed = answerWith(this.pc.currentRemoteDescription.sdp, await response.text());
    await this.pc.setRemoteDescription({type: 'answer', sdp: changed});
    this.#tell();
  }

  /** Also while the page is left: the request outlives it. */
  close() {
    const url = this.#url;
    this.#url = null;
    if (!url) {
      this.pc.close();
      return;
    }
    // goodbye by HTTP first: by DTLS it would leave nothing to be deleted
    this.#ask(url, 'DELETE', {}).catch(() => {}).finally(() => this.pc.close());
  }

  #hear(candidate) {
    if (candidate?.candidate) {
      this.#found.push(candidate.candidate);
    } else {
      this.#isLast = true; // null, or an empty one, as Firefox says it
    }
    if (this.pc.signalingState === 'stable') {
      this.#tell();
    }
  }

  /** One request at a time, each with all that was found until then. */
  #tell() {
    this.#told = this.#told.then(async () => {
      if (this.#url && (this.#found.length > 0 || this.#isLast)) {
        await this.#patch(this.#etag, this.#take());
      }
    }).catch((error) => console.warn('candidates were not taken:', error.message));
  }

  /** What there is to tell, which is told then. */
  #take() {
    const fragment = fragmentOf(this.pc.localDescription.sdp, this.#found, this.#isLast);
    this.#found = [];
    this.#isLast = false;
    return fragment;
  }

  #patch(etag, body) {
    return this.#ask(this.#url, 'PATCH', {'Content-Type': FRAGMENT, 'If-Match': etag}, body);
  }

  #ask(url, method, headers, body) {
    return ask(this.#token, url, method, headers, body);
  }
}
