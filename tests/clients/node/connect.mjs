// A client by @connectrpc/connect-node: node connect.mjs <transport> <base url> <descriptor set>
import { readFileSync } from "node:fs";
import { createFileRegistry, fromBinary, toJson } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";

const [kind, baseUrl, descriptors] = process.argv.slice(2);
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(descriptors)));
const service = registry.getService("apex.v1.ApexService");

const transports = {
  "connect json": () => createConnectTransport({ baseUrl, httpVersion: "1.1", useBinaryFormat: false }),
  "connect proto": () => createConnectTransport({ baseUrl, httpVersion: "1.1", useBinaryFormat: true }),
  "grpc-web": () => createGrpcWebTransport({ baseUrl, httpVersion: "1.1" }),
  grpc: () => createGrpcTransport({ baseUrl }),
};
const client = createClient(service, transports[kind]());
const withKey = { headers: { authorization: `Bearer ${process.env.APEX_API_KEY}` } };
const question = { messages: [{ role: "user", content: "What is the capital of France?" }], seed: 7n };

async function refused(call) {
  try {
    await call();
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error);
    return { code: Code[code], message: rawMessage };
  }
  return { code: "OK", message: "" };
}

async function drained(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

const json = (method, message) => toJson(service.method[method].output, message, { registry });
const unary = await client.chatCompletion(question, withKey);
const stream = await drained(client.chatCompletionStream(question, withKey));
const made = await client.createChatAndCompletion(
  { userPrompt: "Tell me of TAO", chatType: "apex", completionType: "basic" },
  withKey,
);
const metadata = { "deep-researcher": { jobId: "1", status: "completed" }, thoughts: ["one", "two"] };
const updated = await client.updateCompletionAttributes(
  { completionId: made.parsedCompletion.id, completionText: "A token.", metadata },
  withKey,
);

const said = {
  unary: json("chatCompletion", unary),
  stream: stream.map((chunk) => json("chatCompletionStream", chunk)),
  updated: json("updateCompletionAttributes", updated),
  sessions: json("getChatSessions", await client.getChatSessions({}, withKey)),
  invalid: await refused(() => client.chatCompletion({}, withKey)),
  "invalid stream": await refused(() => drained(client.chatCompletionStream({}, withKey))),
  "no key": await refused(() => client.chatCompletion(question)),
  "no key for a stream": await refused(() => drained(client.chatCompletionStream(question))),
  "not found": await refused(() => client.getDeepResearcherJob({ jobId: "no-such-job" }, withKey)),
};
console.log(JSON.stringify(said));
process.exit(0);
