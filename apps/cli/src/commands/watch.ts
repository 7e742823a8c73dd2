/** `skein watch`: shows a saved agent acting, in the terminal or as a film in a file. */

import { setTimeout as sleep } from 'node:timers/promises';
import { Type } from '@skein/core';
import { useBackend } from '@skein/nn';
import { type Agent, environmentDefinition, loadAgent, playDefaults, playEpisode } from '@skein/rl';
import { defineCommand } from '../command.ts';
import { EXIT_INTERRUPTED, listenForInterrupt } from '../interrupt.ts';
import { saveFilm } from '../watch/film.ts';
import { chooseView, Screen, VIEWS } from '../watch/screen.ts';
import { runFlags } from './train.ts';

const Options = Type.Object(
  {
    episodes: Type.Integer({ minimum: 1, default: 1, description: 'episodes to play' }),
    seed: Type.Integer({ minimum: 0, default: 0, description: 'episode i starts from seed + i' }),
    fps: Type.Number({ exclusiveMinimum: 0, default: 30, description: 'steps shown a second' }),
    view: Type.Unsafe<(typeof VIEWS)[number]>(
      Type.Union(
        VIEWS.map((view) => Type.Literal(view)),
        { default: 'auto', description: 'picture in 24-bit colours, text, or what the environment has' },
      ),
    ),
    env: Type.Optional(Type.String({ description: "another environment than the agent's own" })),
    stepLimit: Type.Integer({ minimum: 1, default: playDefaults.stepLimit, description: 'longest episode to show' }),
    save: Type.Optional(
      Type.String({ description: 'write the film to this .svg or .gif, or each frame to a numbered .png, instead' }),
    ),
    backend: runFlags.backend,
  },
  { additionalProperties: false },
);

export const watch = defineCommand({
  name: 'watch',
  summary: 'see a trained agent act, in the terminal or as an SVG, GIF or PNG film',
  positionals: [{ name: 'agent', description: "folder of the run, or an agent's file", required: true }],
  options: () => Options,
  examples: ['skein watch runs/cartpole-v1-dqn-1', 'skein watch runs/cartpole-v1-dqn-1 --seed 3 --save film.gif'],
  run: async ({ positionals, options }) => {
    await useBackend(options.backend);
    const definition = options.env === undefined ? undefined : environmentDefinition(options.env);
    const agent = loadAgent(positionals[0] as string);
    using interrupt = listenForInterrupt(() => undefined);
    for (let episode = 0; episode < options.episodes; episode++) {
      const seed = options.seed + episode;
      const play = { seed, stepLimit: options.stepLimit, ...(definition === undefined ? {} : { definition }) };
      if (options.save !== undefined) {
        const { files, length, total } = await saveFilm(
          options.save,
          agent,
          { ...play, framesPerSecond: options.fps },
          episode,
        );
        console.log(`episode from seed ${seed}: return ${total}, ${length} steps, in ${files}`);
        continue;
      }
      if (!(await show(agent, play, options, interrupt.signal))) return EXIT_INTERRUPTED;
    }
    return 0;
  },
});

/** Shows an episode at its pace. False if it was interrupted. */
async function show(
  agent: Agent,
  play: { readonly seed: number; readonly stepLimit: number },
  { fps, view }: { readonly fps: number; readonly view: (typeof VIEWS)[number] },
  signal: AbortSignal,
): Promise<boolean> {
  const draw = await chooseView(agent.definition, view);
  using screen = new Screen(process.stdout);
  let due = performance.now();
  for (const { env, step, return: total, last } of playEpisode(agent, play)) {
    const status = `${env.definition.id}  seed ${play.seed}  step ${step}  return ${Math.round(total * 100) / 100}`;
    screen.show(draw(env), status, last);
    due += 1000 / fps;
    await sleep(screen.live ? Math.max(0, due - performance.now()) : 0);
    if (signal.aborted) return false;
  }
  return true;
}
