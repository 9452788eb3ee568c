grpcurl -H "Authorization: Bearer your-api-key" \
  -d '{
    "job_id": "your_job_id"
  }' \
  constellation.api.cloud.macrocosmos.ai:443 \
  apex.v1.ApexService/GetDeepResearcherJob
