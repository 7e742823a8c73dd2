/** The thread of a bridge: asks over NATS what it is told to ask, one question after the other. */

import { workerData } from 'node:worker_threads';
import { messageOf, type NatsRequester, natsRequester, SkeinError } from '@skein/core';
import type { Answer, BridgeData, Question } from './bridge.ts';

const { port, answers, connection } = workerData as BridgeData;
let requester: Promise<NatsRequester> | undefined;

async function answerTo({ subject, question, options }: Question): Promise<Answer> {
  try {
    requester ??= natsRequester(connection, 'skein external environment');
    return { value: await (await requester).request(subject, question, options) };
  } catch (error) {
    // A connection that could not be made is tried again with the next question.
    if (error instanceof SkeinError && error.details['servers'] !== undefined) requester = undefined;
    const known =
      error instanceof SkeinError ? error : new SkeinError('CONNECTION', messageOf(error), { cause: error });
    return { error: known.toWire() };
  }
}

port.on('message', async (question: Question) => {
  const answer = await answerTo(question);
  port.postMessage(answer);
  Atomics.add(answers, 0, 1);
  Atomics.notify(answers, 0);
});
