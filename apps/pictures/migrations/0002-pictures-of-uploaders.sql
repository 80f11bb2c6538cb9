-- Whoever asks what is kept about them has their uploads read.
create index picture_of_uploader on picture (uploader, sequence) where uploader is not null;
