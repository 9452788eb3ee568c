curl -H "Authorization: Bearer your-api-key" \
  -H "Content-Type: application/json" \
  -d '{
    "messages": [
      {
        "role": "user",
        "content": "How might a decentralized network of AI agents prove that it keeps to ethical principles, with no human to define them and no central judge?"
      }
    ],
    "seed": 42,
    "model": "Default",
    "sampling_parameters": {
      "temperature": 0.7,
      "top_p": 0.95,
      "max_new_tokens": 8192,
      "do_sample": false
    },
    "stream": true,
    "task": "InferenceTask",
    "mixture": false,
    "inference_mode": "Chain-of-Thought"
  }' \
  https://constellation.api.cloud.macrocosmos.ai\
/apex.v1.ApexService/SubmitDeepResearcherJob
