# Addresses of earlier versions.

moved {
  from = module.process_error
  to   = module.process_error[0]
}
