curl -H "Authorization: Bearer your-api-key" \
  -H "Content-Type: application/json" \
  -d '{
    "search_query": "What is Bittensor?",
    "n_miners": 3,
    "max_results_per_miner": 2,
    "max_response_time": 30
  }' \
  https://constellation.api.cloud.macrocosmos.ai\
/apex.v1.ApexService/WebRetrieval
