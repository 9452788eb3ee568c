// A client by @grpc/grpc-js, its messages loaded from the .proto: node grpc_js.mjs <host:port> <proto folder> <CA or "">
import { readFileSync } from "node:fs";
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";

const [address, folder, ca] = process.argv.slice(2);
const definition = loader.loadSync("apex/v1/apex.proto", { includeDirs: [folder], keepCase: true, longs: String });
const { ApexService } = grpc.loadPackageDefinition(definition).apex.v1;
const credentials = ca ? grpc.credentials.createSsl(readFileSync(ca)) : grpc.credentials.createInsecure();
const gzip = 2;
const client = new ApexService(address, credentials, { "grpc.default_compression_algorithm": gzip });

const withKey = new grpc.Metadata();
withKey.set("authorization", `Bearer ${process.env.APEX_API_KEY}`);
const noKey = new grpc.Metadata();
const question = { messages: [{ role: "user", content: "What is the capital of France?" }], seed: 7 };

function call(method, request, metadata = withKey) {
  return new Promise((resolve) => {
    client[method](request, metadata, (error, answer) => {
      resolve(error ? { code: grpc.status[error.code], message: error.details } : { code: "OK", answer });
    });
  });
}

function stream(request, metadata = withKey) {
  return new Promise((resolve) => {
    const answers = [];
    const reading = client.ChatCompletionStream(request, metadata);
    reading.on("data", (chunk) => answers.push(chunk));
    reading.on("error", (error) => resolve({ code: grpc.status[error.code], message: error.details, answers }));
    reading.on("end", () => resolve({ code: "OK", answers }));
  });
}

const said = {
  methods: Object.keys(ApexService.service),
  unary: await call("ChatCompletion", question),
  stream: await stream(question),
  search: await call("WebRetrieval", { search_query: "What is Bittensor?", n_miners: 3, n_results: 2 }),
  job: await call("SubmitDeepResearcherJob", question),
  "not found": await call("GetDeepResearcherJob", { job_id: "no-such-job" }),
  invalid: await call("ChatCompletion", {}),
  "invalid stream": await stream({}),
  "no key": await call("ChatCompletion", question, noKey),
  "no key for a stream": await stream(question, noKey),
};
console.log(JSON.stringify(said));
client.close();
