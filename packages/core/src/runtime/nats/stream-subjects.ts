/** Names of one stream on the server, and what its ends tell each other beside the batches. */

import { errors } from '@nats-io/transport-node';
import type { StreamDefinition } from '../stream.ts';
import { isNobodyThere, type Link } from './link.ts';
import { StreamOfferMessage, unpack } from './messages.ts';

/** Where the parts of a stream are. */
export interface StreamSubjects {
  readonly name: string;
  /** The stream itself, and the subject of its batches. */
  readonly stream: string;
  readonly batch: string;
  /** The consumer answers here with its definition, as long as it lives. */
  readonly offer: string;
  /** Not stored: see `STREAM_NEWS`. */
  readonly news: string;
}

/** The subjects of a run's stream. */
export const streamSubjects = ({ names }: Link, run: string, name: string): StreamSubjects => ({
  name,
  stream: names.stream(run, name),
  batch: names.streamBatches(run, name),
  offer: names.streamPart(run, name, 'offer'),
  news: names.streamPart(run, name, 'news'),
});

/** What a consumer tells all producers: it is there, there is room again, it is gone. */
export const STREAM_NEWS = { opened: 'opened', room: 'room', closed: 'closed' } as const;

/** How long a consumer has to answer, in milliseconds. */
const OFFER_MS = 1_000;

/** How the consumer defines the stream; null if there is no consumer. */
export async function askForOffer(link: Link, subjects: StreamSubjects): Promise<StreamDefinition | null> {
  try {
    const { data } = await link.nc.request(subjects.offer, '', { timeout: OFFER_MS });
    const { rows, columns } = unpack(StreamOfferMessage, `offer of stream ${subjects.name}`, data);
    return { name: subjects.name, rows, columns };
  } catch (error) {
    if (isNobodyThere(error) || error instanceof errors.TimeoutError || error instanceof errors.RequestError)
      return null;
    throw error;
  }
}
