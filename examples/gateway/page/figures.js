// SPDX-License-Identifier: LGPL-2.1-or-later
// What getStats() says, in words; and the plot of the bit rate.

const TLS_VERSIONS = {FEFF: 'DTLS 1.0', FEFD: 'DTLS 1.2', FEFC: 'DTLS 1.3'};
const PLOT_SAMPLES = 120;

/** The statistics that the page needs, found once. @param {RTCPeerConnection} pc */
export async function readStats(pc) {
  const report = await pc.getStats();
  const all = [...report.values()];
  const find = (type, kind) => all.find((each) => each.type === type
                                        && (!kind || each.kind === kind));
  const transport = find('transport') ?? {};
  const video = find('inbound-rtp', 'video') ?? find('outbound-rtp', 'video') ?? {};
  return {
    transport,
    pair: report.get(transport.selectedCandidatePairId)
      ?? all.find((each) => each.type === 'candidate-pair' && each.nominated) ?? {},
    video,
    audio: find('inbound-rtp', 'audio') ?? find('outbound-rtp', 'audio') ?? {},
    remoteVideo: find('remote-inbound-rtp', 'video') ?? {},
    videoCodec: report.get(video.codecId) ?? {},
    timestamp: video.timestamp ?? performance.timeOrigin + performance.now(),
  };
}

const bytesOf = ({video, audio}) => (video.bytesReceived ?? video.bytesSent ?? 0)
                                  + (audio.bytesReceived ?? audio.bytesSent ?? 0);

/** Bit/s of media between two readings. */
export function bitRate(before, now) {
  const seconds = before ? (now.timestamp - before.timestamp) / 1000 : 0;
  return seconds > 0 ? Math.max(0, (bytesOf(now) - bytesOf(before)) * 8 / seconds) : 0;
}

/** 1234567 as "1.23 Mbit/s". @param {number} rate */
export function inBits(rate) {
  return rate >= 1e6 ? `${(rate / 1e6).toFixed(2)} Mbit/s` : `${Math.round(rate / 1e3)} kbit/s`;
}

/** The one that all go by. A kind that was refused has none. @param {RTCPeerConnection} pc */
export function dtlsOf(pc) {
  return [...pc.getReceivers(), ...pc.getSenders()].map((each) => each.transport).find(Boolean);
}

function connectionWords(pc) {
  const dtls = dtlsOf(pc)?.state ?? 'new';
  return `${pc.connectionState} · ICE ${pc.iceConnectionState} · DTLS ${dtls}`;
}

function roundTrip({pair, remoteVideo}) {
  const seconds = pair.currentRoundTripTime ?? remoteVideo.roundTripTime;
  if (seconds === undefined) {
    return null;
  }
  return seconds < 0.001 ? 'under 1 ms' : `${Math.round(seconds * 1000)} ms`;
}

function loss({video, remoteVideo}) {
  const total = video.packetsReceived ?? video.packetsSent;
  const lost = video.packetsLost ?? remoteVideo.packetsLost;
  if (total === undefined || lost === undefined) {
    return null;
  }
  const share = total + lost > 0 ? Math.max(0, lost) / (total + lost) : 0;
  return `${(share * 100).toFixed(1)} %, ${lost.toLocaleString('en')} packets`;
}

function frames({video}) {
  const count = video.framesDecoded ?? video.framesSent;
  if (count === undefined) {
    return null;
  }
  const rate = video.framesPerSecond === undefined ? '' : `, ${Math.round(video.framesPerSecond)} a second`;
  return `${count.toLocaleString('en')}${rate}`;
}

const resolution = ({video}) => (video.frameWidth ? `${video.frameWidth} × ${video.frameHeight}` : null);
const repairs = ({video}) => (video.nackCount === undefined ? null
  : `${video.nackCount} NACK, ${video.pliCount ?? 0} PLI`);

/**
 * The rows of the table: what is written in front, and how it is read. null: not known (yet).
 * @type {Array<[string, string, function(object, RTCPeerConnection): ?string]>}
 */
export const ROWS = [
  ['connection', 'Connection', (stats, pc) => connectionWords(pc)],
  ['dtls', 'DTLS version', ({transport}) => TLS_VERSIONS[transport.tlsVersion]
    ?? transport.tlsVersion ?? null],
  ['cipher', 'DTLS cipher', ({transport}) => transport.dtlsCipher ?? null],
  ['srtp', 'SRTP profile', ({transport}) => transport.srtpCipher ?? null],
  ['rtt', 'Round trip', roundTrip],
  ['loss', 'Loss', loss],
  ['repairs', 'Asked again', repairs],
  ['frames', 'Frames', frames],
  ['resolution', 'Resolution', resolution],
  ['codec', 'Codec', ({videoCodec}) => videoCodec.mimeType?.replace('video/', '') ?? null],
];

/** The last minute of a number, drawn from the right to the left. */
export class Plot {
  #samples = [];
  #canvas;

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.#canvas = canvas;
  }

  clear() {
    this.#samples = [];
    this.draw();
  }

  /** @param {number} rate */
  add(rate) {
    this.#samples.push(rate);
    this.#samples.splice(0, this.#samples.length - PLOT_SAMPLES);
    this.draw();
  }

  /** As large as the canvas is shown, in the colours of the moment. */
  draw() {
    const {width, height} = this.#canvas.getBoundingClientRect();
    const scale = window.devicePixelRatio || 1;
    this.#canvas.width = Math.round(width * scale);
    this.#canvas.height = Math.round(height * scale);
    const context = this.#canvas.getContext('2d');
    context.scale(scale, scale);
    const style = getComputedStyle(this.#canvas);
    this.#drawGrid(context, width, height, style.getPropertyValue('--line'));
    if (this.#samples.length > 1) {
      this.#drawCurve(context, width, height, style.getPropertyValue('--accent'));
    }
  }

  #drawGrid(context, width, height, colour) {
    context.strokeStyle = colour;
    context.lineWidth = 1;
    for (const share of [0.25, 0.5, 0.75]) {
      const y = Math.round(height * share) + 0.5;
      context.beginPath();
      context.moveTo(0, y);
      context.lineTo(width, y);
      context.stroke();
    }
  }

  #drawCurve(context, width, height, colour) {
    const top = Math.max(...this.#samples, 1) * 1.15;
    const step = width / (PLOT_SAMPLES - 1);
    const first = PLOT_SAMPLES - this.#samples.length;
    const line = new Path2D();
    this.#samples.forEach((rate, i) => line.lineTo((first + i) * step, height * (1 - rate / top)));
    const area = new Path2D(line);
    area.lineTo(width, height);
    area.lineTo(first * step, height);
    context.fillStyle = context.strokeStyle = colour;
    context.globalAlpha = 0.14;
    context.fill(area);
    context.globalAlpha = 1;
    context.lineWidth = 2;
    context.lineJoin = 'round';
    context.stroke(line);
  }
}
