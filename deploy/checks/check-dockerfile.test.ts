import { expect, test } from "vitest";
import { dockerfileFaults } from "./check-dockerfile.ts";

const good = `FROM node:24-bookworm-slim AS build
RUN npm ci \\
  # a comment between two lines of one command
  --ignore-scripts
FROM build
USER 10001:10001
CMD ["/usr/local/bin/node", "main.js"]
`;

function complaints(text: string): string[] {
  return dockerfileFaults("Dockerfile", text).map(({ file, message }) => `${file}: ${message}`);
}

test("an image of an exact base, with a numeric user and its program as the first process, has no fault", () => {
  expect(complaints(good)).toEqual([]);
});

test.each([
  ["no user", "USER 10001:10001\n", "", "Dockerfile:5: USER of the last stage"],
  ["root", "USER 10001:10001", "USER root", "Dockerfile:6: USER of the last stage"],
  ["the number of root", "USER 10001:10001", "USER 0", "Dockerfile:6: USER of the last stage"],
  [
    "a shell's CMD",
    'CMD ["/usr/local/bin/node", "main.js"]',
    "CMD node main.js",
    "Dockerfile:7: CMD must be",
  ],
  [
    "npm before node",
    '["/usr/local/bin/node", "main.js"]',
    '["npm", "start"]',
    "Dockerfile:7: CMD must start",
  ],
  ["a base without a tag", "node:24-bookworm-slim", "node", "Dockerfile:1: FROM node: name an exact tag"],
  ["the newest base", "node:24-bookworm-slim", "node:latest", "Dockerfile:1: FROM node:latest: name"],
  ["a download", "USER", "ADD https://example.com/x /x\nUSER", "Dockerfile:6: ADD of a URL"],
  ["a secret argument", "USER", "ARG NPM_TOKEN\nUSER", "Dockerfile:6: ARG NPM_TOKEN: a secret"],
  ["a secret variable", "USER", "ENV A=b DB_PASSWORD=c\nUSER", "Dockerfile:6: ENV DB_PASSWORD: a secret"],
])("%s is refused", (_, from, to, complaint) => {
  const text = good.replace(from, to);
  expect(text).not.toBe(good);
  const all = complaints(text);
  expect(all).toHaveLength(1);
  expect(all[0]).toContain(complaint);
});

test("the name of a file with a secret is no secret", () => {
  expect(complaints(good.replace("USER", "ENV API_TOKEN_FILE=/run/token\nUSER"))).toEqual([]);
});
