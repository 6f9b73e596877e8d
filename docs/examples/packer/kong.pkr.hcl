# packer init . && packer build .
source "amazon-ebs" "data_plane" {
  region               = "eu-central-1"
  source_ami           = "ami-0123456789abcdef0" # your base image, in which the gateway is enabled and was never started
  instance_type        = "m6i.large"
  iam_instance_profile = "kong-data-plane" # the role of the instances, so that the build proves it
  ssh_username         = "admin"
  ami_name             = "kong-data-plane-3.11.0.14"
}

build {
  sources = ["source.amazon-ebs.data_plane"]

  provisioner "ansible" {
    playbook_file = "bake.yml"
    groups        = ["kong_data_plane"]
    use_proxy     = false
  }
}
